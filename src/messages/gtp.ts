// The GTP-U tunnel that a flow came through. The same is written in C++ (addon/core/message_gtp.cc).
import { Type } from 'typebox';
import { closed, count, notes, text, word } from './envelope.js';
import { otherTypes } from './other-types.js';

const port = (description: string, netifyd: string) =>
  Type.Integer({ minimum: 0, maximum: 65535, ...notes(description, netifyd), 'x-unit': 'port' });

const teid = (description: string, netifyd: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 4294967295,
      ...notes(description, netifyd),
      'x-unit': 'TEID',
    }),
  );

/** Member of the identity of flows with a packet out of such a tunnel. */
export const gtp = {
  gtp: Type.Optional(
    closed(
      {
        version: count('version', 'Version of GTP-U: 1.', 'gtp.version'),
        ip_version: Type.Union(
          [Type.Literal(4), Type.Literal(6)],
          notes('Version of the IP around the tunnel.', 'gtp.ip_version'),
        ),
        ip_dscp: Type.Integer({
          minimum: 0,
          maximum: 63,
          ...notes(
            'Differentiated services code point of that IP, of the first packet.',
            'gtp.ip_dscp (5.x)',
          ),
          'x-unit': 'code point',
        }),
        local_ip: text(
          "Address of the tunnel's end at the flow's local side.",
          'gtp.local_ip (there local and other are those of the outer addresses)',
        ),
        local_port: port('UDP port there.', 'gtp.local_port'),
        local_teid: teid(
          'Tunnel endpoint identifier that this end has assigned, as in packets to it (TS 29.281, 5.1); absent while there was none.',
          'gtp.local_teid',
        ),
        other_ip: text("Address of the tunnel's end at the flow's other side.", 'gtp.other_ip'),
        other_port: port('UDP port there.', 'gtp.other_port'),
        other_teid: teid(
          'Tunnel endpoint identifier that the other end has assigned, as in packets to it; absent while there was none.',
          'gtp.other_teid',
        ),
        other_type: word(
          otherTypes,
          "What the outer addresses say of the tunnel's far end, by the rules of `flow.other_type`.",
          'gtp.other_type',
        ),
      },
      {
        description:
          'The GTP-U tunnel, the innermost of several, by the first packet of each direction. Absent for flows without one. User packets (G-PDU) alone make it; GTP-C signals the same tunnels, and is flows of its own.',
      },
    ),
  ),
} as const;
