// Which interfaces are captured when none is named, and which side of the network each one is on. Pure: a state of the host
// in, a choice with its reasons out. docs/roles.md explains the rules.
import type { HostState, Link } from './links.js';
import { isPrivate } from './networks.js';

export type Role = 'LAN' | 'WAN';

export interface Choice {
  readonly name: string;
  readonly role: Role;
  /** For the log: `the default route (IPv4) leads through it`. */
  readonly reason: string;
}

export interface Detection {
  /** WAN first, then by index. */
  readonly chosen: readonly Choice[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** What is remarkable about the whole, for the log. */
  readonly remark: string | undefined;
}

const mainTable = 254;
// Nothing passes them that other interfaces don't carry.
const idleKinds = new Set(['dummy', 'ifb', 'nlmon', 'netdevsim', 'vcan', 'vxcan']);

/** Through which interfaces default routes lead: those in use with their IP versions, and those that wait. */
interface DefaultRoutes {
  readonly used: ReadonlyMap<number, string>;
  readonly waiting: ReadonlySet<number>;
}

function defaultRoutes(state: HostState, links: ReadonlyMap<number, Link>): DefaultRoutes {
  const used = new Map<number, string>();
  const waiting = new Set<number>();
  for (const version of [4, 6] as const) {
    const routes = state.routes
      .filter((r) => r.ipVersion === version && r.prefixLength === 0 && r.table === mainTable)
      .filter((r) => r.type === 'unicast' && !r.dead)
      .map(({ metric, legs }) => ({
        metric,
        legs: legs.map(({ link }) => link).filter((index) => isUp(links.get(index))),
      }))
      .filter(({ legs }) => legs.length > 0);
    const best = Math.min(...routes.map(({ metric }) => metric));
    for (const { metric, legs } of routes)
      for (const index of legs) {
        if (metric > best) waiting.add(index);
        else
          used.set(
            index,
            used.has(index) ? `${used.get(index)} and IPv${version}` : `IPv${version}`,
          );
      }
  }
  return { used, waiting };
}

function isUp(link: Link | undefined): boolean {
  return link?.up === true && link.running;
}

/** Why an interface is never captured by itself, or undefined. */
function unfit(link: Link, links: ReadonlyMap<number, Link>): string | undefined {
  if (link.loopback) return 'it is the loopback interface';
  if (!link.up) return 'it is down';
  if (!link.running) return 'it has no carrier';
  if (idleKinds.has(link.kind)) return `it is a ${link.kind} interface`;
  const master = links.get(link.master);
  // An interface of a VRF has packets of its own; a port's are seen on the bridge or the bond.
  if (link.master !== 0 && master?.kind !== 'vrf')
    return `it is a port of ${master?.name ?? `interface ${link.master}`}`;
  return undefined;
}

/**
 * LAN and WAN by what the host is configured for: the default routes in use lead to the WAN; bridges, and interfaces with a
 * private address that no default route leads through, are the LAN.
 */
export function detectRoles(state: HostState): Detection {
  const links = new Map(state.links.map((link) => [link.index, link]));
  const { used, waiting } = defaultRoutes(state, links);
  const wan: Choice[] = [];
  const lan = new Map<Link, string>();
  const leftOut: { name: string; reason: string }[] = [];
  for (const link of [...state.links].sort((a, b) => a.index - b.index)) {
    const { name, index } = link;
    const versions = used.get(index);
    const homely = lanReason(state, link);
    const reason =
      unfit(link, links) ??
      (waiting.has(index) && versions === undefined
        ? 'its default route has a higher metric and waits'
        : undefined);
    if (reason !== undefined) leftOut.push({ name, reason });
    else if (versions !== undefined)
      wan.push({ name, role: 'WAN', reason: `the default route (${versions}) leads through it` });
    else if (homely !== undefined) lan.set(link, homely);
    else leftOut.push({ name, reason: 'it has neither a default route nor a private address' });
  }
  const chosen = [...wan];
  for (const [{ name, kind, parent }, reason] of lan) {
    // A tagged packet is seen on the interface below as well: once is enough where both are on the same side.
    const below = kind === 'vlan' ? links.get(parent) : undefined;
    if (below && lan.has(below))
      leftOut.push({ name, reason: `its packets are seen on ${below.name}` });
    else chosen.push({ name, role: 'LAN', reason });
  }
  return { chosen, leftOut, remark: remarkOn(chosen) };
}

function lanReason(state: HostState, { index, kind }: Link): string | undefined {
  if (kind === 'bridge') return 'it is a bridge';
  const own = state.addresses.find(({ link, address }) => link === index && isPrivate(address));
  return own && `it has the private address ${own.address} and no default route`;
}

function remarkOn(chosen: readonly Choice[]): string | undefined {
  const names = (role: Role) => chosen.filter((c) => c.role === role).map((c) => c.name);
  const [lan, wan] = [names('LAN'), names('WAN')];
  if (lan.length + wan.length === 0)
    return 'no interface is fit for capture: name one with -I (LAN) or -E (WAN)';
  if (lan.length === 0)
    return `this host routes for nobody: ${wan.join(', ')} is captured as WAN, as with -E, and the host itself is the local side`;
  if (wan.length === 0) return 'there is no default route in use: what is captured counts as LAN';
  return undefined;
}
