// GTP-U tunnels: the ends and identifiers of the innermost one beside tshark's, as the flow's client and server see them.
import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import type { Figure } from './figures.js';
import type { Frame } from './frames.js';

type Gtp = NonNullable<FlowPurge['flow']['gtp']>;
type Role = 'client' | 'server';

const isIp = (protocol: string): boolean => protocol === 'ip' || protocol === 'ipv6';

/** Of packets in GTP-U: GTP-C has TEIDs, too. */
const inGtp = (theirs: Figure['theirs']) => ({
  fields: ['gtp.teid', 'gtp.message'],
  theirs: (frame: Frame) => {
    const inside = frame.protocols.slice(frame.protocols.lastIndexOf('gtp') + 1);
    const isUser = Number(frame.values('gtp.message').at(-1)) === 0xff;
    return isUser && inside.some(isIp) ? theirs?.(frame) : undefined;
  },
});

/** Source address of the IP around the innermost GTP. */
function carrierOf(frame: Frame): string | undefined {
  const outside = frame.protocols.slice(0, frame.protocols.lastIndexOf('gtp'));
  const ip = outside.findLast(isIp);
  if (ip === undefined) return undefined;
  return frame.values(`${ip}.src`)[outside.filter((name) => name === ip).length - 1];
}

/** Our member of the tunnel's end at the flow's client or server. */
const at =
  (role: Role, member: 'ip' | 'teid') =>
  ({ local_origin, gtp }: FlowPurge['flow']): string | undefined => {
    const side = (role === 'client') === local_origin ? 'local' : 'other';
    const value = gtp?.[`${side}_${member}` satisfies keyof Gtp];
    return typeof value === 'number' ? `0x${value.toString(16).padStart(8, '0')}` : value;
  };

// An end's own packets say its address, packets to it the TEID that it has assigned.
export const gtpFigures = (['client', 'server'] as const).flatMap((role): Figure[] => [
  {
    name: `GTP address, ${role}`,
    member: 'gtp.local_ip',
    record: at(role, 'ip'),
    sender: role,
    ...inGtp(carrierOf),
    partly: true, // an end that sends nothing: where packets to it go
  },
  {
    name: `GTP TEID, ${role}`,
    member: 'gtp.local_teid',
    record: at(role, 'teid'),
    sender: role === 'client' ? 'server' : 'client',
    ...inGtp((frame) => frame.values('gtp.teid').at(-1)),
  },
]);
