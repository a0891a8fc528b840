// `flow_purge`: the complete final record of a flow. Unlike netifyd's it repeats the identity, and its four
// directional counters are whole-life, so it can be read alone.
import { type Static, Type } from 'typebox';
import { closed, count, envelope, notes, sequence, word } from './envelope.js';
import { identity } from './flow.js';
import { transport } from './transport.js';

/** IPFIX flowEndReason in words (RFC 5102 section 5.11.3), with `evicted` for lack of resources. */
export const reasons = ['idle', 'active', 'closed', 'evicted', 'shutdown'] as const;

export const FlowPurge = closed(
  {
    ...sequence,
    type: Type.Literal('flow_purge', notes('Type of the message.', 'type')),
    reason: word(
      reasons,
      'Why the flow ended: no packets for the idle time, older than the active time, TCP closed, no room in the flow table, end of the capture or of the program.',
      'reason (closed, terminated, expired)',
    ),
    ...envelope,
    flow: closed(
      {
        ...identity,
        ...transport,
        local_packets: count(
          'packets',
          'Packets from the local side, whole life.',
          'local_packets (interval there)',
        ),
        local_bytes: count(
          'bytes',
          'Captured frame bytes from the local side, whole life.',
          'local_bytes (interval there)',
        ),
        other_packets: count(
          'packets',
          'Packets from the other side, whole life.',
          'other_packets (interval there)',
        ),
        other_bytes: count(
          'bytes',
          'Captured frame bytes from the other side, whole life.',
          'other_bytes (interval there)',
        ),
        total_packets: count('packets', 'Packets of both sides, whole life.', 'total_packets'),
        total_bytes: count(
          'bytes',
          'Captured frame bytes of both sides, whole life.',
          'total_bytes',
        ),
      },
      { description: 'The flow as it ended.' },
    ),
  },
  {
    $id: 'flow_purge',
    title: 'flow_purge',
    description: 'A flow has ended: its complete final record. Sent exactly once for each flow.',
  },
);

export type FlowPurge = Static<typeof FlowPurge>;
