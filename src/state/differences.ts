// Cumulative counters of engines turned into what has been added since the last look, by interface and under netifyd's
// names. Names that the data plane does not count are 0.
import type { PacketStats } from '../messages/packet-stats.js';

/** Counters of one engine since it began. */
export interface Counters {
  readonly totals: Readonly<Record<string, number>>;
  readonly discarded: Readonly<
    Record<string, { readonly packets: number; readonly bytes: number }>
  >;
}

interface Source {
  readonly name: string;
  readonly lossKnown: boolean;
  readonly engines: readonly { readonly key: object; readonly counters: Counters }[];
}

/** Since the start of the daemon, over all engines that an interface has had. */
export interface InterfaceTotals {
  readonly packets: number;
  readonly dropped: number;
  readonly eventsLost: number;
}

type Amounts = Record<string, number>;

/** Frame overhead that netifyd counts: preamble 8, checksum 4, gap 12 (IEEE 802.3). */
const wireOverhead = 24;

export class Differences {
  readonly #seen = new WeakMap<object, Amounts>();
  readonly #totals = new Map<string, InterfaceTotals>();

  take(sources: readonly Source[]): {
    stats: Record<string, PacketStats>;
    ended: { expired: number; purged: number };
  } {
    const stats = new Map<string, PacketStats>();
    const ended = { expired: 0, purged: 0 };
    for (const source of sources) {
      const sum: Amounts = {};
      for (const { key, counters } of source.engines) {
        const now = amounts(counters);
        const before = this.#seen.get(key) ?? {};
        this.#seen.set(key, now);
        for (const [name, amount] of Object.entries(now)) {
          if (name === 'largest_bytes') sum[name] = Math.max(sum[name] ?? 0, amount);
          else sum[name] = (sum[name] ?? 0) + Math.max(0, amount - (before[name] ?? 0));
        }
      }
      const added = packetStats(sum, source.lossKnown);
      stats.set(source.name, added);
      const expired = (sum.flows_expired_idle ?? 0) + (sum.flows_expired_active ?? 0);
      ended.expired += expired;
      ended.purged +=
        expired +
        (sum.flows_expired_closed ?? 0) +
        (sum.flows_evicted ?? 0) +
        (sum.flows_shutdown ?? 0);
      const { packets, dropped, eventsLost } = this.totals(source.name);
      this.#totals.set(source.name, {
        packets: packets + added.raw,
        dropped: dropped + (added.capture_dropped ?? 0) + added.queue_dropped,
        eventsLost: eventsLost + added.events_lost,
      });
    }
    return { stats: Object.fromEntries(stats), ended };
  }

  totals(name: string): InterfaceTotals {
    return this.#totals.get(name) ?? { packets: 0, dropped: 0, eventsLost: 0 };
  }
}

/** The totals and the sums over the reasons for discarding, which have no name of their own there. */
function amounts({ totals, discarded }: Counters): Amounts {
  const sum = { packets: 0, bytes: 0 };
  for (const { packets, bytes } of Object.values(discarded)) {
    sum.packets += packets;
    sum.bytes += bytes;
  }
  const fragments = Object.entries(discarded)
    .filter(([reason]) => reason.includes('fragment'))
    .reduce((packets, [, row]) => packets + row.packets, 0);
  return {
    ...totals,
    fragmented: totals.fragmented ?? (totals.later_fragments ?? 0) + fragments,
    all_discarded: sum.packets,
    all_discarded_bytes: sum.bytes,
  };
}

function packetStats(sum: Amounts, lossKnown: boolean): PacketStats {
  const of = (name: string) => sum[name] ?? 0;
  const raw = sum.raw ?? of('packets_read');
  const dropped = of('kernel_dropped');
  const losses = {
    pcap_drop: dropped,
    pcap_ifdrop: of('interface_dropped'),
    capture_dropped: dropped,
  };
  return {
    raw,
    ethernet: of('ethernet'),
    mpls: of('mpls'),
    pppoe: of('pppoe'),
    vlan: of('vlan'),
    fragmented: of('fragmented'),
    discarded: of('all_discarded'),
    discarded_bytes: of('all_discarded_bytes'),
    largest_bytes: of('largest_bytes'),
    ip: of('ip'),
    tcp: of('tcp'),
    udp: of('udp'),
    icmp: of('icmp'),
    igmp: of('igmp'),
    ip_bytes: of('ip_bytes'),
    wire_bytes: sum.wire_bytes ?? of('bytes_read') + wireOverhead * of('packets_read'),
    pcap_recv: sum.kernel_received ?? raw + dropped,
    ...(lossKnown ? losses : {}),
    capture_filtered: of('filtered'),
    queue_dropped: of('queue_dropped') + of('queue_abandoned'),
    flow_dropped: of('packets_without_memory'),
    flows_evicted: of('flows_evicted'),
    events_lost: of('events_lost'),
    tcp_seq_errors: of('tcp_seq_errors'),
    tcp_retrans: of('tcp_retrans'),
    tcp_resets: of('tcp_resets'),
  };
}
