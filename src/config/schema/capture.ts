// `[capture-defaults]`, `[capture-defaults-tpv3]` and `[capture-interface-NAME]`: where packets come from. An
// interface may set any of the defaults for itself.
import { Type } from 'typebox';
import {
  closed,
  flag,
  integer,
  list,
  milliseconds,
  name,
  network,
  path,
  size,
  text,
  word,
} from './values.js';

export const captureTypes = ['packet-ring', 'cap'] as const;

export const capture = {
  capture_type: word(captureTypes, 'packet-ring', {
    is: 'packet-ring is AF_PACKET with TPACKET_V3 (so are pcap, tpv3 and auto of netifyd); cap is the portable source of the package of that name.',
    apply: 'interfaces',
    synonyms: { pcap: 'packet-ring', tpv3: 'packet-ring', auto: 'packet-ring' },
    netifyd: '[capture-defaults] capture_type (4.x)',
  }),
  read_timeout: milliseconds(10, [1, 1000], {
    is: 'Longest time for which a packet waits in a block that is not full.',
    apply: 'interfaces',
    netifyd: '[capture-defaults] read_timeout (4.x, default 500)',
  }),
  promiscuous: flag(false, {
    is: 'Also take frames for other stations; needed on a mirror port.',
    apply: 'interfaces',
    netifyd: 'always on',
  }),
  replay_delay: flag(false, {
    is: 'Replay capture files in their own time instead of at full speed.',
    apply: 'interfaces',
    netifyd: 'option -r',
  }),
};

export const captureRing = {
  fanout_mode: word(['none', 'hash'], 'none', {
    is: 'hash: several rings share the interface, and both directions of an address pair meet in one. The other modes of netifyd tear flows apart and are read as hash.',
    apply: 'interfaces',
    synonyms: { lb: 'hash', cpu: 'hash', rollover: 'hash', random: 'hash', qm: 'hash' },
    netifyd: '[capture-defaults-tpv3] fanout_mode (4.x)',
  }),
  fanout_instances: integer(0, [0, 64], {
    is: 'Rings on the interface with fanout_mode = hash; 0 = one for each processor.',
    apply: 'interfaces',
    netifyd: '[capture-defaults-tpv3] fanout_instances (4.x)',
    unit: 'rings',
  }),
  rb_block_size: size(262144, [131072, 67108864], {
    is: 'Size of a block of the ring, a multiple of the page size.',
    apply: 'interfaces',
    netifyd: '[capture-defaults-tpv3] rb_block_size (4.x, default 4194304)',
  }),
  rb_frame_size: size(2048, [256, 262144], {
    is: "The kernel's check for the size of a frame; frames take the room that they need.",
    apply: 'interfaces',
    netifyd: '[capture-defaults-tpv3] rb_frame_size (4.x)',
  }),
  rb_blocks: integer(128, [2, 4096], {
    is: 'Blocks of the ring. Block size times blocks is locked memory for each ring, 1G at most.',
    apply: 'interfaces',
    netifyd: '[capture-defaults-tpv3] rb_blocks (4.x, default 64)',
    unit: 'blocks',
  }),
};

export const captureInterface = {
  role: Type.Optional(
    word(['LAN', 'WAN'], undefined, {
      is: 'LAN is the local side, WAN the other. Without it the role is detected.',
      apply: 'interfaces',
      netifyd: '[capture-interface-NAME] role (4.x); options -I, -E',
      example: 'LAN',
    }),
  ),
  address: list(
    network({
      is: 'Address with prefix length of the local network, in addition to those of the machine. For mirror ports and capture files.',
      apply: 'interfaces',
      netifyd: '[capture-interface-NAME] address[n] (4.x); option -A',
      example: '192.168.1.1/24',
    }),
    256,
  ),
  peer: Type.Optional(
    name({
      is: 'Interface whose addresses and routes count as those of this one (PPPoE: capture eth1, addresses on ppp0).',
      apply: 'interfaces',
      netifyd: '[capture-interface-NAME] peer (4.x); option -N',
      example: 'ppp0',
    }),
  ),
  filter: Type.Optional(
    text(undefined, {
      is: 'Expression of pcap-filter(7); the kernel applies it.',
      apply: 'interfaces',
      netifyd: '[capture-interface-NAME] filter (4.x); option -F',
      example: 'not port 22',
    }),
  ),
  filename: Type.Optional(
    path(undefined, {
      is: 'Capture file to read instead of the interface of that name.',
      apply: 'interfaces',
      netifyd: '[capture-interface-NAME] filename (4.x); option -I NAME,FILE',
      aliases: ['capture_filename'],
    }),
  ),
};

export const captureDefaults = closed(capture, 'How packets are captured, for all interfaces.');

export const captureDefaultsRing = closed(
  captureRing,
  'The ring of packet-ring, for all interfaces.',
);

export const Interface = closed(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    ...captureInterface,
    ...capture,
    ...captureRing,
  },
  'One interface or capture file.',
);
