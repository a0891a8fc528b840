// What is known about a device beside its addresses: in flows for each side in the local network, in `endpoints` by MAC.
import { type Static, Type } from 'typebox';
import { closed, notes, text, word } from './envelope.js';

/** Who names a device, the most trusted first (the same list as in src/flow/device-names.ts, which a test compares). */
const sources = ['hosts', 'lease', 'dhcp', 'mdns', 'netbios'] as const;

const source = (description: string) => word(sources, description);

const device = {
  name: Type.Optional(text('What the device is called; absent when nobody has said.')),
  name_source: Type.Optional(
    source(
      "Who says the name: a hosts file, a DHCP server's lease file, or the device itself in DHCP, mDNS or NetBIOS. The first of them in this order that has one.",
    ),
  ),
  vendor: Type.Optional(
    text(
      'Holder of the prefix of the MAC in the registries of the IEEE; absent when there is none.',
    ),
  ),
  randomized: Type.Optional(
    Type.Literal(
      true,
      notes(
        'The MAC is locally administered: made up by the device, as telephones do, or by a hypervisor. Absent otherwise.',
      ),
    ),
  ),
} as const;

export const deviceMembers = {
  local_device: Type.Optional(
    closed(device, { description: 'The device of the local side; interfaces of role LAN only.' }),
  ),
  other_device: Type.Optional(
    closed(device, {
      description: 'The device of the other side, where `other_type` is `local`; role LAN only.',
    }),
  ),
} as const;

export const EndpointDevice = closed(
  {
    ...device,
    names: Type.Optional(
      Type.Array(closed({ name: text('A name.'), source: source('Who says it.') }), {
        minItems: 2,
        ...notes('All names, the most trusted first; absent when there is only one.'),
      }),
    ),
  },
  { description: 'What is known about one device.' },
);

export type Device = Static<typeof EndpointDevice>;
