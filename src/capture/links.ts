// Links, addresses and routes of this machine (of its network namespace), followed by events of the kernel. The consumer
// gets the whole state each time, never a history: what changes meanwhile is in the next one.
import { loadAddon, type NativeRouteMonitor } from '../addon.js';
import { hostError } from './privileges.js';

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** As the kernel has it: `bridge`, `vlan`, `veth`, `wireguard`, `tun`, `ppp`, ...; empty for hardware. */
  readonly kind: string;
  /** `aa:bb:cc:dd:ee:ff`, or empty without one. */
  readonly mac: string;
  /** ARPHRD_* of if_arp.h: 1 Ethernet, 512 PPP, 772 loopback, 65534 none. */
  readonly hardware: number;
  readonly mtu: number;
  /** Index of the bridge, bond or VRF that it is a port of; 0 for none. */
  readonly master: number;
  /** Index of the interface that a VLAN or the like stands on; 0 for none. */
  readonly parent: number;
  readonly up: boolean;
  /** Has a carrier, as far as one knows. */
  readonly running: boolean;
  readonly loopback: boolean;
  readonly pointToPoint: boolean;
}

export interface LinkAddress {
  /** Index of the interface. */
  readonly link: number;
  readonly address: string;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** The other end of a point-to-point link; the prefix is its then. */
  readonly peer?: string;
  readonly broadcast?: string;
}

/** A route of the tables `main` (254) and `local` (255). */
export interface Route {
  readonly ipVersion: 4 | 6;
  readonly destination: string;
  /** 0 for a default route. */
  readonly prefixLength: number;
  readonly table: number;
  /** The lowest is used. */
  readonly metric: number;
  /** RTPROT_*: 2 kernel, 3 boot, 4 static, 16 DHCP. */
  readonly protocol: number;
  readonly scope: number;
  readonly type: 'unicast' | 'local' | 'broadcast';
  /** The link has no carrier. */
  readonly dead: boolean;
  /** Several with ECMP. */
  readonly legs: readonly { readonly link: number; readonly gateway?: string }[];
}

export interface HostState {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
  readonly routes: readonly Route[];
  /** Links, addresses and routes for which there was no room. */
  readonly refused: number;
  /** All has been read once. */
  readonly complete: boolean;
  readonly messages: number;
  readonly dumps: number;
  /** How often events were lost; each time all was read again. */
  readonly overruns: number;
}

export interface RouteMonitorOptions {
  /** The state, first when it is complete, then after changes, at most ten times a second. */
  readonly onState?: (state: HostState) => void;
}

/** Follows the state of the network namespace that it is made in. Keeps the process alive until close(). */
export class RouteMonitor {
  readonly #native: NativeRouteMonitor;
  readonly #first: Promise<HostState>;
  #settle!: { resolve: (state: HostState) => void; reject: (error: Error) => void };
  #closed = false;

  /** Throws ERR_SOURCE_UNAVAILABLE, ERR_PERMISSION or ERR_SYSTEM. */
  constructor(options: RouteMonitorOptions = {}) {
    this.#first = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#first.catch(() => {}); // who does not ask is not to be told
    const { RouteMonitor: Native } = loadAddon();
    try {
      this.#native = new Native(() => {
        if (this.#closed) return;
        const state = this.state();
        this.#settle.resolve(state);
        options.onState?.(state);
      });
      this.#native.start();
    } catch (cause) {
      throw hostError(cause);
    }
  }

  /** The first complete state. Rejects when the monitor was closed before. */
  first(): Promise<HostState> {
    return this.#first;
  }

  /** As of now. */
  state(): HostState {
    return JSON.parse(this.#native.state() ?? emptyState) as HostState;
  }

  /** Idempotent; `onState` is not called any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.close();
    this.#settle.reject(new Error('the monitor was closed'));
  }
}

const emptyState = JSON.stringify({
  ...{ links: [], addresses: [], routes: [], refused: 0 },
  ...{ complete: false, messages: 0, dumps: 0, overruns: 0 },
} satisfies HostState);
