// What an interface has carried in one interval, under netifyd's names. Part of `agent_status` (`stats`) and of
// `interface_stats`.
import { type Static, Type } from 'typebox';
import { closed, count } from './envelope.js';

const packets = (description: string, netifyd?: string) =>
  count('packets', description, netifyd === undefined ? undefined : `stats.*.${netifyd}`);

/** Cumulative in the engine, sent as the difference to the last interval; `largest_bytes` is a maximum. */
export const PacketStats = closed(
  {
    raw: packets('Frames that capture handed over.', 'raw'),
    ethernet: packets('Frames with an Ethernet header.', 'ethernet'),
    mpls: packets('Frames with MPLS labels.', 'mpls'),
    pppoe: packets('Frames in a PPPoE session.', 'pppoe'),
    vlan: packets('Frames with an 802.1Q tag.', 'vlan'),
    fragmented: packets('Fragments of IP packets.', 'fragmented (discarded there)'),
    discarded: packets('Frames that are in no flow.', 'discarded'),
    discarded_bytes: count(
      'bytes',
      'Captured bytes of the frames that are in no flow.',
      'stats.*.discarded_bytes',
    ),
    largest_bytes: count(
      'bytes',
      'Length of the largest IP packet in the interval.',
      'stats.*.largest_bytes',
    ),
    ip: packets('IP packets, both versions.', 'ip'),
    tcp: packets('TCP segments.', 'tcp'),
    udp: packets('UDP datagrams.', 'udp'),
    icmp: packets('ICMP and ICMPv6 messages.', 'icmp'),
    igmp: packets('IGMP messages.', 'igmp'),
    ip_bytes: count('bytes', 'Bytes of the IP packets.', 'stats.*.ip_bytes'),
    wire_bytes: count(
      'bytes',
      'Frame lengths and 24 bytes for each frame: preamble, checksum and gap of Ethernet.',
      'stats.*.wire_bytes',
    ),
    pcap_recv: packets('Packets that the kernel offered to capture.', 'pcap_recv'),
    pcap_drop: Type.Optional(
      packets(
        'Packets that the kernel dropped because capture was behind; absent where the source cannot say.',
        'pcap_drop',
      ),
    ),
    pcap_ifdrop: Type.Optional(
      packets(
        'Packets that the interface dropped; absent where the source cannot say.',
        'pcap_ifdrop',
      ),
    ),
    capture_dropped: Type.Optional(
      packets(
        'The same as `pcap_drop` under its newer name; absent where the source cannot say.',
        'capture_dropped (4.5)',
      ),
    ),
    capture_filtered: packets(
      'Packets that a filter inside the program refused; always 0, the kernel filters.',
      'capture_filtered (4.5)',
    ),
    queue_dropped: packets(
      'Packets that were read and that no worker took, because their engine was ended at once. A full queue drops none: the reader waits, and then the kernel drops.',
      'queue_dropped',
    ),
    flow_dropped: packets(
      'Packets whose flow found no place in the flow table.',
      'flow_dropped (4.5)',
    ),
    flows_evicted: count('flows', 'Flows that ended early to make room in the table.'),
    events_lost: count('messages', 'Messages about flows lost because the event queue was full.'),
    tcp_seq_errors: packets(
      'TCP segments that were not where the one before them ended, without those sent again: the sum of `tcp.seq_errors` of the flows.',
      'tcp_seq_errors (5.x; tcp_seq_error in 4.5)',
    ),
    tcp_retrans: packets('TCP segments sent again: the sum of `tcp.retrans` of the flows.'),
    tcp_resets: packets(
      'TCP segments with RST: the sum of `tcp.resets` of the flows.',
      'tcp_resets (4.5)',
    ),
  },
  { description: 'Counters of one interface since the last status.' },
);

export type PacketStats = Static<typeof PacketStats>;
