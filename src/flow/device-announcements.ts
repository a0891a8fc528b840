// Names that devices give themselves in protocols that dipperd sees anyway: DHCP requests, mDNS, NetBIOS datagrams. Only what is
// about the sender counts; a query names somebody else.
import type { DeviceName } from './device-names.js';
import { presentable } from './name-files.js';

/** Ports whose flows are worth a look, on either side. */
export const announcingPorts: ReadonlySet<string> = new Set([
  '67',
  '68',
  '137',
  '138',
  '546',
  '547',
  '5353',
]);

/** What the flow object of a message may have; hostile like all that comes off the network. */
interface FlowMembers {
  readonly [member: string]: unknown;
}

export interface Announcement extends DeviceName {
  readonly mac: string;
}

/** The announcement in one whole line of type `flow`, `flow_dpi_update` or `flow_purge`; undefined: there is none. */
export function announcementIn(line: string): Announcement | undefined {
  const { flow } = JSON.parse(line) as { flow?: FlowMembers };
  if (typeof flow !== 'object' || flow === null) return undefined;
  const found = byProtocol.get(String(flow.detected_protocol_name))?.(flow);
  const name = found === undefined ? undefined : presentable(found.name);
  const mac = found === undefined ? undefined : flow[`${found.side}_mac`];
  if (found === undefined || name === undefined || typeof mac !== 'string') return undefined;
  return { mac, name, source: found.source };
}

type Side = 'local' | 'other';
type Found = DeviceName & { readonly side: Side };
type Reader = (flow: FlowMembers) => Found | undefined;

const clientOf = (flow: FlowMembers): Side => (flow.local_origin === true ? 'local' : 'other');
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const member = (flow: FlowMembers, group: string, name: string): unknown =>
  (flow[group] as FlowMembers | undefined)?.[name];

/** The client's port is 68 (RFC 2131 section 4.1), of DHCPv6 546; a relay sends from 67, in the name of others. */
const dhcp: Reader = (flow) => {
  const isClient = (port: unknown) => port === 68 || port === 546;
  const name = textOf(member(flow, 'dhcp', 'host_name') ?? flow.host_server_name);
  if (name === '') return undefined;
  if (isClient(flow.local_port)) return { side: 'local', name, source: 'dhcp' };
  return isClient(flow.other_port) ? { side: 'other', name, source: 'dhcp' } : undefined;
};

/** The one label before `local` in what a host answers, or probes for (a query for ANY, RFC 6762 section 8.1). */
const mdns: Reader = (flow) => {
  const isProbe = member(flow, 'dns', 'query_type') === 255;
  const names = [
    ...[member(flow, 'mdns', 'host_name'), member(flow, 'mdns', 'answer')],
    isProbe ? flow.host_server_name : undefined,
  ];
  for (const name of names) {
    const label = /^([^._][^.]*)\.local\.?$/i.exec(textOf(name))?.[1];
    if (label !== undefined) return { side: clientOf(flow), name: label, source: 'mdns' };
  }
  return undefined;
};

/** Suffix of the name of a server service, which only one host of a network has; a work group has others. */
const serverSuffix = 32;

/** A datagram (port 138) has the name of its source (RFC 1002 section 4.4.1), a registration the own one; queries have others'. */
const netbios: Reader = (flow) => {
  const isDatagram = flow.local_port === 138 && flow.other_port === 138;
  const isOwn =
    /^(registration|refresh)$/.test(textOf(member(flow, 'netbios', 'operation'))) &&
    member(flow, 'netbios', 'suffix') === serverSuffix;
  const name = textOf(
    isDatagram
      ? (member(flow, 'netbios', 'source_name') ?? flow.host_server_name)
      : isOwn
        ? member(flow, 'netbios', 'name')
        : undefined,
  );
  return name === '' ? undefined : { side: clientOf(flow), name, source: 'netbios' };
};

const byProtocol = new Map<string, Reader>([
  ['DHCP', dhcp],
  ['DHCPV6', dhcp],
  ['MDNS', mdns],
  ['NetBIOS', netbios],
]);
