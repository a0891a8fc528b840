// `flow_stats`: what a flow has carried since its last `flow_stats`, for flows with traffic in the interval.
import { type Static, Type } from 'typebox';
import { closed, count, envelope, epochMs, notes, sequence } from './envelope.js';
import { digest } from './flow.js';
import { tcpSince } from './transport.js';

export const FlowStats = closed(
  {
    ...sequence,
    type: Type.Literal('flow_stats', notes('Type of the message.', 'type')),
    ...envelope,
    flow: closed(
      {
        digest,
        last_seen_at: epochMs('Time of the last packet so far.', 'last_seen_at'),
        tcp: tcpSince,
        local_bytes: count(
          'bytes',
          'Captured frame bytes from the local side since the last flow_stats.',
          'local_bytes',
        ),
        other_bytes: count(
          'bytes',
          'Captured frame bytes from the other side since the last flow_stats.',
          'other_bytes',
        ),
        local_packets: count(
          'packets',
          'Packets from the local side since the last flow_stats.',
          'local_packets',
        ),
        other_packets: count(
          'packets',
          'Packets from the other side since the last flow_stats.',
          'other_packets',
        ),
        total_bytes: count(
          'bytes',
          'Captured frame bytes of both sides, whole life so far.',
          'total_bytes',
        ),
        total_packets: count(
          'packets',
          'Packets of both sides, whole life so far.',
          'total_packets',
        ),
      },
      { description: 'The flow, by its digest.' },
    ),
  },
  {
    $id: 'flow_stats',
    title: 'flow_stats',
    description:
      'Counters of a flow with traffic since its last flow_stats. The first one comes after the `flow` message, and has all that was carried before; while detection has neither identified a flow nor given up, there is none.',
  },
);

export type FlowStats = Static<typeof FlowStats>;
