// Which addresses are the host's own, which networks are local and which addresses are broadcast, seen from one captured
// interface: what Engine.setNetworks() takes. Pure: a state of the host in, a list out.
import { DipperError } from '../errors.js';
import type { HostState } from './links.js';
import {
  contains,
  formatAddress,
  masked,
  type Prefix,
  parseAddress,
  parsePrefix,
  sameBytes,
} from './prefix.js';

export type NetworkClass = 'local_ip' | 'local_net' | 'broadcast';

export interface Network {
  /** `192.0.2.0/24`, `2001:db8:0:0:0:0:0:0/32`; no bits behind the length. */
  readonly prefix: string;
  readonly class: NetworkClass;
}

export interface NetworkOptions {
  /** Name of the captured interface; for a capture file it may be none of this host's. */
  readonly interface: string;
  /** Interfaces whose addresses and routes count as well (netifyd's -N): `ppp0` while `eth1` is captured. */
  readonly peers?: readonly string[];
  /** Addresses with their networks that count as well (netifyd's -A): `192.0.2.1/24`. */
  readonly addresses?: readonly string[];
}

// A route this short is the default route in pieces (0.0.0.0/1 and 128.0.0.0/1 of VPNs, 2000::/3): not a local network.
const shortestLocalNet = 8;
const mainTable = 254;

class Networks {
  readonly #own: Prefix[] = [];
  readonly #nets: Prefix[] = [];
  readonly #broadcasts: Prefix[] = [];

  /** An address of the host with its network, the other end's where there is one. */
  address(
    prefix: Prefix,
    broadcast: Uint8Array | undefined,
    network: Uint8Array = prefix.address,
  ): void {
    const whole = prefix.address.length * 8;
    this.#own.push({ ...prefix, bits: whole });
    if (prefix.bits < whole || network !== prefix.address)
      this.net({ ...prefix, address: network });
    if (broadcast !== undefined) this.broadcast(broadcast);
    // RFC 3021: a /31 has no broadcast address, and that of a /32 would be the address itself.
    else if (prefix.ipVersion === 4 && prefix.bits <= 30 && network === prefix.address)
      this.broadcast(masked(prefix, true));
  }

  net(prefix: Prefix): void {
    if (prefix.bits >= shortestLocalNet) this.#nets.push({ ...prefix, address: masked(prefix) });
  }

  broadcast(address: Uint8Array): void {
    if (address.some((byte) => byte !== 0))
      this.#broadcasts.push({ ipVersion: 4, address, bits: 32 });
  }

  list(): Network[] {
    const seen = new Set<string>();
    const rows = (prefixes: readonly Prefix[], name: NetworkClass): Network[] =>
      prefixes.flatMap(({ address, bits }) => {
        const prefix = `${formatAddress(address)}/${bits}`;
        if (seen.has(`${name} ${prefix}`)) return [];
        seen.add(`${name} ${prefix}`);
        return [{ prefix, class: name }];
      });
    const broadcasts = this.#broadcasts.filter(
      ({ address }) => !this.#own.some((own) => sameBytes(own.address, address)),
    );
    return [
      ...rows(this.#own, 'local_ip'),
      ...rows(this.#nets, 'local_net'),
      ...rows(broadcasts, 'broadcast'),
    ];
  }
}

/**
 * The networks for an engine that captures `options.interface`, in a stable order. An interface that is not there has
 * those of `addresses` alone. Throws ERR_OPTION_INVALID for an address that is none.
 */
export function networksOf(state: HostState, options: NetworkOptions): Network[] {
  const networks = new Networks();
  const names = new Set([options.interface, ...(options.peers ?? [])]);
  const indexes = new Set(state.links.filter(({ name }) => names.has(name)).map((l) => l.index));
  for (const { link, address, prefixLength, peer, broadcast } of state.addresses) {
    const own = parsePrefix(`${address}/${prefixLength}`);
    if (!indexes.has(link) || own === undefined) continue;
    networks.address(own, parsed(broadcast), parsed(peer));
  }
  for (const route of state.routes) {
    if (!route.legs.some(({ link }) => indexes.has(link))) continue;
    const to = parsePrefix(`${route.destination}/${route.prefixLength}`);
    if (to === undefined) continue;
    if (route.type === 'unicast' && route.table === mainTable) networks.net(to);
    if (route.type === 'broadcast' && to.ipVersion === 4) networks.broadcast(to.address);
  }
  for (const text of options.addresses ?? []) extraAddress(networks, text);
  return networks.list();
}

function parsed(address: string | undefined): Uint8Array | undefined {
  return address === undefined ? undefined : parseAddress(address);
}

function extraAddress(networks: Networks, text: string): void {
  const prefix = parsePrefix(text);
  if (prefix === undefined || !text.includes('/') || prefix.bits === 0)
    throw new DipperError(
      'ERR_OPTION_INVALID',
      `device address ${JSON.stringify(text)}: it must be an address with the length of its network, such as 192.0.2.1/24`,
    );
  // A network as such (192.0.2.0/24) names no host.
  const isNetwork =
    prefix.bits < prefix.address.length * 8 - 1 && sameBytes(masked(prefix), prefix.address);
  if (!isNetwork) {
    networks.address(prefix, undefined);
    return;
  }
  networks.net(prefix);
  if (prefix.ipVersion === 4) networks.broadcast(masked(prefix, true));
}

const privateNets = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
  .map(parsePrefix)
  .filter((prefix) => prefix !== undefined);

/** RFC 1918, RFC 6598 and RFC 4193; link-local addresses, which every interface has, don't count. */
export function isPrivate(address: string): boolean {
  const inner = parsePrefix(address);
  return inner !== undefined && privateNets.some((outer) => contains(outer, inner));
}
