// What the daemon needs of its host while it runs: links, addresses and routes, connection tracking, and the sockets that
// it may not open itself once its rights are gone.
import { ConntrackMonitor } from '../capture/conntrack.js';
import { type HostState, RouteMonitor } from '../capture/links.js';
import { Opener } from '../capture/opener.js';
import { current, type RunAs } from '../capture/privileges.js';
import type { Source } from '../capture/source.js';
import type { Config } from '../config/index.js';
import type { Log } from '../log.js';

export interface HostOptions {
  /** Something about links, addresses or routes has changed. */
  readonly changed: () => void;
  readonly log: Log;
}

/** Whether any source is an interface: none configured means that they are detected. */
export const isLive = ({ interfaces }: Config): boolean =>
  interfaces.length === 0 || interfaces.some(({ filename }) => filename === undefined);

export class Host {
  readonly #options: HostOptions;
  #routes: RouteMonitor | undefined;
  #opener: Opener | undefined;
  #state: HostState | undefined;
  /** The table that engines look into; undefined when it is off. */
  conntrack: ConntrackMonitor | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Links, addresses and routes; undefined when they are not followed. */
  get state(): HostState | undefined {
    return this.#state;
  }

  /** `runAs`: whom the daemon becomes later; undefined: it stays who it is. */
  async start(config: Config, runAs: RunAs | undefined): Promise<void> {
    const { netlink } = config;
    const follows = netlink.conntrack && isLive(config);
    if (runAs !== undefined && isLive(config))
      this.#opener = new Opener({ runAs, conntrack: follows });
    if (follows) {
      this.conntrack = new ConntrackMonitor({
        capacity: netlink.conntrack_max_entries,
        idleS: netlink.conntrack_idle_timeout,
        receiveBuffer: netlink.conntrack_buffer_size,
      });
      // An extra: where it cannot be had that is said once, and the rest goes on.
      const { reason } = this.conntrack.state();
      if (reason !== undefined) this.#options.log.warn(reason);
    }
    if (!netlink.addresses) return;
    this.#routes = new RouteMonitor({
      onState: (state) => {
        this.#state = state;
        this.#options.changed();
      },
    });
    this.#state = await this.#routes.first();
  }

  /** A packet socket for `source` when the process may not open one; undefined when it may, or needs none. */
  openDescriptor(source: Source): number | undefined {
    const needed = source.type === 'packet-ring' && !current().netRaw;
    return needed ? this.#opener?.requestPacketSocket() : undefined;
  }

  /** Once a second: connection tracking that was lost is opened again. Throws what the opener says. */
  attend(): void {
    if (this.conntrack === undefined || this.#opener === undefined || current().netAdmin) return;
    const { state } = this.conntrack.state();
    if (state !== 'events' && state !== 'unavailable') return;
    this.conntrack.provideDescriptor(this.#opener.requestConntrackSocket());
  }

  /** Idempotent. */
  close(): void {
    this.#routes?.close();
    this.conntrack?.close();
    this.#opener?.close();
  }
}
