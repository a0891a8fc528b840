// `flow`: sent once, when the flow is identified. Its identity part is shared with `flow_dpi_update` and
// `flow_purge`, so that no consumer ever needs a join.
import { type Static, Type } from 'typebox';
import { deviceMembers } from './device.js';
import { closed, count, envelope, epochMs, flag, notes, sequence, text, word } from './envelope.js';
import { Explain } from './explain.js';
import { gtp } from './gtp.js';
import { metadata } from './metadata.js';
import { Ndpi } from './ndpi.js';
import { otherTypes } from './other-types.js';
import { placeMembers } from './place.js';
import { firstDscp, transport } from './transport.js';
import { tunnels } from './tunnels.js';

const port = (description: string, netifyd: string) =>
  Type.Integer({ minimum: 0, maximum: 65535, ...notes(description, netifyd), 'x-unit': 'port' });

const mac = (description: string, netifyd: string) =>
  Type.String({ pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$', ...notes(description, netifyd) });

export const digest = Type.String({
  pattern: '^[0-9a-f]{40}$',
  ...notes(
    'Name of the flow, 40 hexadecimal digits: reproducible, independent of thread, run and machine, and the same in every message of the flow.',
    'digest (there it changes with the metadata)',
  ),
});

/** Identity, times, verdict and metadata of a flow: everything but its counters. */
export const identity = {
  digest,
  community_id: Type.String({
    pattern: '^1:[A-Za-z0-9+/]{27}=$',
    ...notes(
      'Community ID version 1, seed 0: joins the flow with the records of Zeek, Suricata, ...',
    ),
  }),
  ip_version: Type.Union([Type.Literal(4), Type.Literal(6)], notes('Version of IP.', 'ip_version')),
  ip_protocol: Type.Integer({
    minimum: 0,
    maximum: 255,
    ...notes('IANA number: 6 is TCP, 17 is UDP.', 'ip_protocol'),
    'x-unit': 'IANA protocol number',
  }),
  vlan_id: Type.Integer({
    minimum: 0,
    maximum: 4095,
    ...notes('Innermost 802.1Q tag, 0 without one.', 'vlan_id'),
    'x-unit': 'VLAN id',
  }),
  tunnel: word(
    tunnels,
    'The tunnel that the flow was found in; `none` for a flow on the wire itself.',
    'gtp (that it is there)',
  ),
  tunnel_id: Type.Integer({
    minimum: 0,
    maximum: 4294967295,
    ...notes('VXLAN network identifier or GRE key; 0 where the tunnel has no common id.'),
    'x-unit': 'id',
  }),
  local_ip: text('Address of the local side.', 'local_ip'),
  local_port: port('Port of the local side; 0 without TCP, UDP or SCTP.', 'local_port'),
  local_mac: mac('MAC of the local side in the first packet; zeros without Ethernet.', 'local_mac'),
  other_ip: text('Address of the other side.', 'other_ip'),
  other_port: port('Port of the other side; 0 without TCP, UDP or SCTP.', 'other_port'),
  other_mac: mac('MAC of the other side in the first packet; zeros without Ethernet.', 'other_mac'),
  other_type: word(
    otherTypes,
    'What the other side is, seen from the local network.',
    'other_type',
  ),
  local_origin: flag(
    'The local side is the client: it sent the SYN, else the first packet.',
    'local_origin',
  ),
  ip_nat: flag(
    'The flow is translated by this machine, as its connection tracking says.',
    'ip_nat (WAN interfaces only)',
  ),
  ct_id: Type.Optional(
    count(
      'id',
      'Id of the connection in the connection tracking; absent when not there.',
      'ct_id (3.x)',
    ),
  ),
  ct_mark: Type.Optional(
    count('mark', 'Mark of the connection at the time of the message.', 'ct_mark (3.x)'),
  ),
  conntrack: Type.Optional(
    closed(
      {
        id: count('id', 'The same as `ct_id`.', 'conntrack.id (5.x)'),
        mark: count('mark', 'The same as `ct_mark`.', 'conntrack.mark (5.x)'),
        reply_src_ip: text('Where replies come from.', 'conntrack.reply_src_ip (5.x)'),
        reply_src_port: port('Port there; 0 without ports.', 'conntrack.reply_src_port (5.x)'),
        reply_dst_ip: text(
          'Where replies go to: the address after source translation.',
          'conntrack.reply_dst_ip (5.x)',
        ),
        reply_dst_port: port('Port there; 0 without ports.', 'conntrack.reply_dst_port (5.x)'),
      },
      { description: 'The connection as the connection tracking of this machine has it.' },
    ),
  ),
  twin_digest: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{40}$',
      ...notes(
        'Names the connection before translation: records of the LAN and of the WAN side whose times overlap and that carry the same value are one connection. Hexadecimal SHA-1 of Community ID version 1, seed 0, over the original tuple. Absent without connection tracking.',
      ),
    }),
  ),
  dns_host_name: Type.Optional(
    text(
      'Name that the client had asked DNS for when it was given this address; where the flow did not say its host.',
      'dns_host_name (5.x)',
    ),
  ),
  dhc_hit: Type.Optional(
    Type.Literal(
      true,
      notes('`dns_host_name` comes from the DNS hints. Absent otherwise.', 'dhc_hit'),
    ),
  ),
  fhc_hit: Type.Optional(
    Type.Literal(
      true,
      notes(
        'The same addresses and ports had a record before: see `digest_prev`. Absent otherwise.',
        'fhc_hit (5.x)',
      ),
    ),
  ),
  digest_prev: Type.Optional(
    Type.Array(Type.String({ pattern: '^[0-9a-f]{40}$' }), {
      minItems: 1,
      ...notes(
        'Digests of earlier records of the same addresses and ports on the interface, the last one first; also from before a restart.',
        'digest_prev (5.x)',
      ),
    }),
  ),
  ...gtp,
  first_seen_at: epochMs('Time of the first packet, by the clock of the capture.', 'first_seen_at'),
  last_seen_at: epochMs('Time of the last packet so far.', 'last_seen_at'),
  detected_protocol: count(
    'id',
    "The library's id of the protocol; means nothing outside this process, use the name.",
    'detected_protocol',
  ),
  detected_protocol_name: text(
    'Protocol, for example `TLS`; `Unknown` when not identified.',
    'detected_protocol_name',
  ),
  detected_application: count(
    'id',
    'Id of the application in the definitions: stable, never given to another one. 0 for none.',
    'detected_application (an internal number in 3.x)',
  ),
  detected_application_name: text(
    'Tag of the application in the definitions, for example `dipper.openai`; `Unknown` when there is none. `ndpi.app` is what the library calls it.',
    'detected_application_name',
  ),
  detection_guessed: flag(
    'By port or address, not by content.',
    'detection_guessed (0 or 1 in 3.x)',
  ),
  soft_dissector: flag(
    "Dipper's own recogniser named the protocol, where the library named another or none; `ndpi` says what the library said.",
    'soft_dissector (4.5)',
  ),
  detection_packets: count(
    'packets',
    'Packets of the flow that detection looked at.',
    'detection_packets',
  ),
  ndpi: Ndpi,
  category: closed(
    {
      protocol: text(
        "The library's category of the protocol itself, for example `Web`; `Unspecified` without one.",
        'category.protocol (an id there)',
      ),
      application: text(
        'Category of the application in the definitions, for example `streaming-media`; `unclassified` without one.',
        'category.application (an id there)',
      ),
      domain: text(
        "Category of the flow's name in the domain lists; `unclassified` where none has it.",
        'category.domain (an id there)',
      ),
    },
    { description: 'Categories, as words.' },
  ),
  ...metadata,
  ...deviceMembers,
  ...placeMembers,
  ...firstDscp,
} as const;

/** What a flow has carried, so that a receiver can go on counting from there. */
export const countersSoFar = {
  local_bytes: Type.Optional(
    count('bytes', 'Captured frame bytes from the local side, whole life so far.', 'local_bytes'),
  ),
  other_bytes: Type.Optional(
    count('bytes', 'Captured frame bytes from the other side, whole life so far.', 'other_bytes'),
  ),
  local_packets: Type.Optional(
    count('packets', 'Packets from the local side, whole life so far.', 'local_packets'),
  ),
  other_packets: Type.Optional(
    count('packets', 'Packets from the other side, whole life so far.', 'other_packets'),
  ),
  total_bytes: Type.Optional(
    count('bytes', 'Captured frame bytes of both sides, whole life so far.', 'total_bytes'),
  ),
  total_packets: Type.Optional(
    count('packets', 'Packets of both sides, whole life so far.', 'total_packets'),
  ),
} as const;

export const Flow = closed(
  {
    snapshot: Type.Optional(
      count(
        'request',
        'Number of the snapshot that this message is part of; not in live messages.',
      ),
    ),
    ...sequence,
    type: Type.Literal('flow', notes('Type of the message.', 'type')),
    ...envelope,
    flow: closed(
      { ...identity, explain: Type.Optional(Explain), ...transport, ...countersSoFar },
      {
        description: 'The flow as it is known now; in a snapshot with what it has carried so far.',
      },
    ),
  },
  {
    $id: 'flow',
    title: 'flow',
    description:
      'A flow has been identified. Sent once for each flow, and again in a snapshot of the live flows.',
  },
);

export type Flow = Static<typeof Flow>;
