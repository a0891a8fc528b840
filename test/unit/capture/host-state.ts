// A state of a host in a few words, for tests of what is derived from it.
import type { HostState, Link, LinkAddress, Route } from '../../../src/capture/links.js';
import { parsePrefix } from '../../../src/capture/prefix.js';

export function link(index: number, name: string, rest: Partial<Link> = {}): Link {
  return {
    ...{ index, name, kind: '', mac: '02:00:00:00:00:01', hardware: 1, mtu: 1500 },
    ...{ master: 0, parent: 0, up: true, running: true, loopback: false, pointToPoint: false },
    ...rest,
  };
}

/** `192.0.2.1/24`, with the broadcast address that the kernel would name. */
export function address(index: number, text: string, rest: Partial<LinkAddress> = {}): LinkAddress {
  const [own = '', length] = text.split('/');
  return { link: index, address: own, prefixLength: Number(length), scope: 0, ...rest };
}

/** `192.0.2.0/24`, or `default4` and `default6`. */
export function route(
  destination: string,
  indexes: number | readonly number[],
  rest: Partial<Route> = {},
): Route {
  const text = { default4: '0.0.0.0/0', default6: '::/0' }[destination] ?? destination;
  const [to = '', length] = text.split('/');
  return {
    ...{ ipVersion: parsePrefix(text)?.ipVersion ?? 4, destination: to },
    ...{ prefixLength: Number(length), table: 254, metric: 0, protocol: 3, scope: 0 },
    ...{ type: 'unicast' as const, dead: false },
    legs: [indexes].flat().map((index) => ({ link: index })),
    ...rest,
  };
}

export function host(
  links: readonly Link[],
  addresses: readonly LinkAddress[] = [],
  routes: readonly Route[] = [],
): HostState {
  const loopback = link(1, 'lo', { loopback: true, hardware: 772 });
  return {
    links: [loopback, ...links],
    addresses: [address(1, '127.0.0.1/8'), address(1, '::1/128'), ...addresses],
    routes,
    ...{ refused: 0, complete: true, messages: 0, dumps: 1, overruns: 0 },
  };
}
