// Packet sockets for a daemon that has given up its privileges: a small process, started while we were root, opens them
// and passes their descriptors. It does nothing else (addon/opener).
import { loadAddon, type NativeOpener, nativeProgram } from '../addon.js';
import { hostError, type RunAs } from './privileges.js';

export interface OpenerOptions {
  /** Whom the opener becomes; it keeps CAP_NET_RAW alone. */
  readonly runAs: RunAs;
  /** Also open conntrack sockets, for which it keeps CAP_NET_ADMIN (default false). */
  readonly conntrack?: boolean;
  /** The program; default: the one beside the addon. */
  readonly path?: string;
  /** Longest wait for an answer in ms; the calling thread blocks for it (default 1000, usual 0.1). */
  readonly timeoutMs?: number;
}

export class Opener {
  readonly #native: NativeOpener;
  readonly #timeoutMs: number;

  /**
   * Starts the process and waits until it is ready; to be called before `drop()`. Throws ERR_SOURCE_UNAVAILABLE (no
   * such program), ERR_PERMISSION (we are not root), ERR_USER_UNKNOWN or ERR_SYSTEM.
   */
  constructor(options: OpenerOptions) {
    this.#timeoutMs = options.timeoutMs ?? 1000;
    const { user, group = '' } = options.runAs;
    const path = options.path ?? nativeProgram('dipper-opener');
    try {
      const NativeOpener = loadAddon().Opener;
      const conntrack = options.conntrack ?? false;
      this.#native = new NativeOpener(path, user, group, conntrack, this.#timeoutMs);
    } catch (cause) {
      throw hostError(cause);
    }
  }

  get pid(): number {
    return this.#native.pid;
  }

  /**
   * A descriptor of a new AF_PACKET socket (SOCK_RAW, non-blocking, close-on-exec, protocol 0: it receives nothing until
   * it is bound). The caller owns it. At most 256 at once and ten a second. Throws ERR_SOURCE_UNAVAILABLE when the opener
   * has ended or does not answer in time, ERR_PERMISSION or ERR_SYSTEM with the kernel's reason.
   */
  requestPacketSocket(): number {
    return this.#request('packet');
  }

  /**
   * A descriptor of a NETLINK_NETFILTER socket that is in the groups of new, updated and destroyed connections, with a
   * dump of the whole table (IPv4 and IPv6, sequence number 1) on its way. Needs the option `conntrack`. Joining and
   * dumping are checked against the process that does it, so an unprivileged one can do neither with a socket of others.
   */
  requestConntrackSocket(): number {
    return this.#request('conntrack');
  }

  /** Ends the process. Idempotent; sockets that it opened live on. */
  close(): void {
    this.#native.close();
  }

  #request(kind: string): number {
    try {
      return this.#native.request(kind, this.#timeoutMs);
    } catch (cause) {
      throw hostError(cause);
    }
  }
}
