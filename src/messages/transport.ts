// How a flow's packets travelled: DSCP and TTL of both sides, the course of a TCP connection, the first packets. The same
// is written in C++ (addon/core/message_transport.cc).
import { Type } from 'typebox';
import { closed, count, notes } from './envelope.js';

const hops = (description: string, netifyd?: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 255,
    ...notes(description, netifyd),
    'x-unit': 'hops',
  });

const codePoint = (description: string, netifyd?: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 63,
    ...notes(description, netifyd),
    'x-unit': 'code point',
  });

/** DSCP of the flow, in every message that repeats its identity. */
export const firstDscp = {
  ip_dscp: codePoint(
    'Differentiated services code point of the first packet of the client, else of the other side (IPFIX ipDiffServCodePoint).',
    'ip_dscp (5.x)',
  ),
};

const side = (name: 'local' | 'other') => ({
  dscp: Type.Optional(
    codePoint(`DSCP of the first packet of the ${name} side; absent while it has sent nothing.`),
  ),
  dscpChanged: Type.Optional(
    Type.Literal(
      true,
      notes(`Later packets of the ${name} side had another DSCP. Absent otherwise.`),
    ),
  ),
  ttl: Type.Optional(
    hops(
      `TTL or hop limit of the first packet of the ${name} side, as captured (IPFIX ipTTL); absent while it has sent nothing.`,
    ),
  ),
  ttlMin: Type.Optional(
    hops(
      `Least TTL of the ${name} side (IPFIX minimumTTL); absent where all packets had the same.`,
    ),
  ),
  ttlMax: Type.Optional(
    hops(
      `Largest TTL of the ${name} side (IPFIX maximumTTL); absent where all packets had the same.`,
    ),
  ),
});
const local = side('local');
const other = side('other');

const anomalies = (of: string, span: string) => ({
  resets: count('segments', `Segments with RST ${of}, ${span}.`, of ? undefined : 'tcp.resets'),
  retrans: count(
    'segments',
    `Segments ${of} with bytes that were sent before, or that fill a gap later than a round-trip time after it; keep-alives do not count; ${span}.`,
    of ? undefined : 'tcp.retrans',
  ),
  seq_errors: count(
    'segments',
    `Segments ${of} that begin beyond the byte expected next, because something is missing, and those that fill such a gap at once because they were overtaken; ${span}.`,
    of ? undefined : 'tcp.seq_errors',
  ),
});

const window = (description: string) =>
  Type.Optional(
    count('bytes', `${description}; absent unless the SYNs of both sides were captured.`),
  );

const tcpSide = (name: string) =>
  Type.Optional(
    closed(
      {
        ...anomalies(`of the ${name} side`, 'whole life'),
        window_first: window('Receive window in the SYN'),
        window_last: window('Receive window in the last segment, scaled'),
        window_min: window('Least receive window after the SYN, scaled; 0 is a receiver at rest'),
      },
      {
        description: `What the ${name} side of the connection sent. Absent for a connection without an answer in which nothing happened.`,
      },
    ),
  );

/** Of TCP flows, in their records: whole life. */
const tcp = closed(
  {
    ...anomalies('', 'both sides, whole life'),
    rtt_us: Type.Optional(
      count(
        'us',
        'Round-trip time of the handshake, from the last SYN to the ACK; the sum of the two below. Absent unless the whole handshake was captured.',
      ),
    ),
    rtt_client_us: Type.Optional(
      count('us', "The client's part of it: from SYN+ACK to ACK, at the point of capture."),
    ),
    rtt_server_us: Type.Optional(
      count('us', "The server's part of it: from SYN to SYN+ACK, at the point of capture."),
    ),
    local: tcpSide('local'),
    other: tcpSide('other'),
  },
  { description: 'The TCP connection. Absent for other protocols.' },
);

/** Of TCP flows, in flow_stats. */
export const tcpSince = Type.Optional(
  closed(anomalies('', 'both sides, since the last flow_stats'), {
    description:
      'What happened in the TCP connection since the last flow_stats. Absent for other protocols.',
  }),
);

/** What the records of a flow have beyond its identity. */
export const transport = {
  local_dscp: local.dscp,
  local_dscp_changed: local.dscpChanged,
  local_ttl: local.ttl,
  local_ttl_min: local.ttlMin,
  local_ttl_max: local.ttlMax,
  other_dscp: other.dscp,
  other_dscp_changed: other.dscpChanged,
  other_ttl: other.ttl,
  other_ttl_min: other.ttlMin,
  other_ttl_max: other.ttlMax,
  tcp: Type.Optional(tcp),
  packet_series: Type.Optional(
    closed(
      {
        bytes: Type.Array(Type.Integer(), {
          ...notes('Frame lengths on the wire; those that the server sent are negative.'),
          'x-unit': 'bytes',
        }),
        interval_us: Type.Array(Type.Integer({ minimum: 0 }), {
          ...notes('Time since the packet before it, in either direction; 0 for the first.'),
          'x-unit': 'us',
        }),
      },
      {
        description:
          'The first packets of the record, one item each in both lists. Only where it is asked for (`packet_series`, `--packets`).',
      },
    ),
  ),
};
