// The kernel's connection tracking, followed by events into a native table that engines look into. It is an extra: where
// it cannot be had, state() says why and the rest goes on.
import { loadAddon, type NativeConntrackMonitor } from '../addon.js';
import { DipperError } from '../errors.js';
import { hostError } from './privileges.js';

export interface ConntrackOptions {
  /** Records held (default 524,288); a connection takes one, a translated one takes two. 120 bytes each, when used. */
  readonly capacity?: number;
  /** Seconds that an ended connection is still found (default 120). */
  readonly lingerS?: number;
  /** Seconds without a word from the kernel after which a connection goes (default 3600); it is asked at half of it. */
  readonly idleS?: number;
  /** Bytes of the socket's buffer (default 4 MiB): events wait there while the monitor is busy. */
  readonly receiveBuffer?: number;
  /** A socket that an opener made (Opener.requestConntrackSocket), owned by the monitor from then on. */
  readonly descriptor?: number;
}

export interface ConntrackState {
  /**
   * `starting`: the table is being read. `following`: all is known. `events`: what happens is seen, but the table cannot
   * be read (again): the capability is gone. `unavailable`: nothing is seen. `closed`.
   */
  readonly state: 'starting' | 'following' | 'events' | 'unavailable' | 'closed';
  /** For `events` and `unavailable`: what is missing and what to do. */
  readonly reason: string | undefined;
  readonly records: number;
  /** Records that made room for others. */
  readonly evicted: number;
  /** Records that went by time. */
  readonly expired: number;
  /** Messages of the kernel. */
  readonly messages: number;
  /** How often the whole table was read. */
  readonly dumps: number;
  /** How often events were lost; each time the table is read again. */
  readonly overruns: number;
  readonly malformed: number;
}

/** Follows the network namespace that it is made in. Keeps no process alive. */
export class ConntrackMonitor {
  /** For Engine alone. */
  readonly native: NativeConntrackMonitor;
  #failure: DipperError | undefined;
  #closed = false;

  /** Throws ERR_OPTION_INVALID only; see state(). */
  constructor(options: ConntrackOptions = {}) {
    const { ConntrackMonitor: Native } = loadAddon();
    this.native = new Native(
      whole('capacity', options.capacity ?? 1 << 19, 128, 1 << 26),
      whole('lingerS', options.lingerS ?? 120, 0, 86_400),
      whole('idleS', options.idleS ?? 3600, 10, 864_000),
      whole('receiveBuffer', options.receiveBuffer ?? 4 << 20, 4096, 1 << 30),
    );
    this.#open(options.descriptor ?? -1);
  }

  /** Takes another socket, the monitor's from then on: an opener's, after `events` or `unavailable`. False: refused. */
  provideDescriptor(descriptor: number): boolean {
    if (this.#closed) throw new DipperError('ERR_INTERNAL', 'the conntrack monitor is closed');
    this.#open(descriptor);
    return this.#failure === undefined;
  }

  state(): ConntrackState {
    const { refusal, complete, ...counters } = this.native.state();
    return { ...counters, ...this.#word(refusal, complete) };
  }

  /** Idempotent. Engines that have its table keep it, as it was. */
  close(): void {
    this.#closed = true;
    this.native.close();
  }

  #open(descriptor: number): void {
    this.#failure = undefined;
    try {
      this.native.open(descriptor);
    } catch (cause) {
      this.#failure = hostError(cause);
    }
  }

  #word(refusal: number, complete: boolean): Pick<ConntrackState, 'state' | 'reason'> {
    if (this.#closed) return { state: 'closed', reason: undefined };
    if (this.#failure !== undefined)
      return {
        state: 'unavailable',
        reason: `connection tracking: ${this.#failure.message}${remedies[this.#failure.code] ?? ''}`,
      };
    if (refusal === 0) return { state: complete ? 'following' : 'starting', reason: undefined };
    const denied = refusal === 1 || refusal === 13; // EPERM, EACCES
    return {
      state: denied ? 'events' : 'unavailable',
      reason: denied
        ? 'connection tracking: the table cannot be read without CAP_NET_ADMIN; new connections are seen'
        : `connection tracking: the kernel does not give its table (errno ${refusal}); load nf_conntrack_netlink`,
    };
  }
}

const remedies: Partial<Record<DipperError['code'], string>> = {
  ERR_PERMISSION: '; it needs CAP_NET_ADMIN: run as root or give the service that capability',
  ERR_SOURCE_UNAVAILABLE: '; load the kernel module nf_conntrack_netlink',
};

function whole(name: keyof ConntrackOptions, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new DipperError(
    'ERR_OPTION_INVALID',
    `conntrack.${name} is ${value}; it must be a whole number from ${low} to ${high}`,
  );
}
