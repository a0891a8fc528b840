// `interfaces`: what is captured, keyed by the name of the interface beside `type`, as netifyd 5.x has it.
// `interface_stats` is built alike.
import { type Static, Type } from 'typebox';
import { closed, notes, text, word } from './envelope.js';
import { keyed } from './keyed.js';

const Interface = closed(
  {
    addr: Type.Array(Type.String(), {
      ...notes('Addresses of the interface.', 'interfaces.*.addr'),
    }),
    capture_type: word(
      ['tpv3', 'pcap', 'nfqueue'],
      'How packets come, in the words of netifyd; `source` is exact.',
      'interfaces.*.capture_type',
    ),
    mac: text('Hardware address; zeros without one.', 'interfaces.*.mac'),
    role: word(['lan', 'wan'], 'Side that the interface is on.', 'interfaces.*.role'),
    source: text('Name of the capture source: `packet-ring`, `cap`, `pcap-file`, `stream`.'),
  },
  { description: 'One interface.' },
);

export type Interface = Static<typeof Interface>;

export const Interfaces = keyed(
  'interfaces',
  Interface,
  'The interfaces that are captured, by name: on connect, and when they change.',
);

export type Interfaces = Static<typeof Interfaces>;
