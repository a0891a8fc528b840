// What an engine can be told: the options, and their check. The addon takes them as one array of numbers.
import type { Addon } from '../addon.js';
import { DipperError } from '../errors.js';
import type { Applications } from './applications.js';
import type { ConntrackMonitor } from './conntrack.js';
import type { DnsHints } from './dns-hints.js';
import type { FlowHashes } from './flow-hashes.js';
import type { Network } from './networks.js';
import type { Source } from './source.js';

/** When flows end by themselves, in seconds of packet time. */
export interface FlowExpiry {
  /** Silence after which a UDP flow ends (default 30). */
  readonly udpIdleS?: number;
  /** Silence after which an open TCP flow ends (default 300). */
  readonly tcpIdleS?: number;
  /** Silence after which a TCP flow with RST or both FINs ends (default 10). */
  readonly tcpClosedS?: number;
  /** Silence after which any other flow ends (default 30). */
  readonly otherIdleS?: number;
  /** Age at which a record ends and its flow goes on in a new one; 0 = never (default). */
  readonly activeS?: number;
}

/** Files that libndpi loads before it starts; formats are its own. */
export interface NdpiFiles {
  readonly protocols?: string;
  readonly categories?: string;
  readonly riskyDomains?: string;
  readonly ja3?: string;
  readonly certificates?: string;
}

/**
 * `none`: a file. `removed`: the interface was there and is looked for. `waiting`: it has not been there yet.
 * `needs_descriptor`: the process may not open what it needs; see `provideDescriptor`.
 */
export type SourceState = 'none' | 'up' | 'down' | 'removed' | 'waiting' | 'needs_descriptor';

export type EngineEvent = 'detected' | 'updated' | 'expired' | 'stats' | 'unknown';

export interface EngineOptions {
  readonly source: Source;
  /** `interface` in the messages; the source's interface or path by default. */
  readonly interface?: string;
  /** Whether that interface is on the local side (default true). */
  readonly internal?: boolean;
  /** Worker threads, 1 to 64 (default 1). A pair of addresses always goes to the same one. */
  readonly workers?: number;
  /**
   * Which messages: `flow`, `flow_dpi_update`, `flow_purge`, `flow_stats`, and `flow` where detection ended without a
   * protocol. Default: the first three.
   */
  readonly events?: readonly EngineEvent[];
  /** Decode, count and give up exactly as nDPI 4.2's own test run does. */
  readonly reference?: boolean;
  /** Tunnels to look into; all by default. */
  readonly tunnels?: readonly string[];
  /** Flows tracked at a time, by all workers together (default 4,194,304). */
  readonly maxFlows?: number;
  /** Flows in detection at a time (default 131,072; no limit with `reference`). */
  readonly maxDpiStates?: number;
  /** `none` (default for capture files): flows end with the capture. */
  readonly expiry?: FlowExpiry | 'none';
  /** Names of servers out of DNS answers, for flows that do not say theirs; may be shared by engines. */
  readonly dnsHints?: DnsHints;
  /** Definitions of applications: `detected_application` and `category` in messages; none without. Not with `reference`. */
  readonly applications?: Applications;
  /** `flow` and `flow_dpi_update` say why a flow is its application (default false). */
  readonly explain?: boolean;
  /** What the kernel knows of connections: `ip_nat`, `conntrack` and `twin_digest` in messages. */
  readonly conntrack?: ConntrackMonitor;
  /** What flows that ended were called: `fhc_hit` and `digest_prev` in messages. */
  readonly flowHashes?: FlowHashes;
  /**
   * Length of the intervals (multiples of it since 1970, packet time) for which a flow with traffic has a `flow_stats`;
   * the last one comes before its `flow_purge`, so that they add up to it. 0 = none (default).
   */
  readonly statsIntervalS?: number;
  /** Messages also about flows whose protocol nobody knows (default true). */
  readonly dumpUnknown?: boolean;
  /** Counters by protocol and layer (`tcp`, `vlan`, `wire_bytes`, ...) as well; by default where packets are live. */
  readonly packetCounters?: boolean;
  /**
   * The first packets of flows that detection gives up on, in lines of type `unknown_packets`: 1 to 1024 of a flow, of 64
   * to 262,144 bytes together; 32 MiB a worker wait for their flow's verdict at most. Default: none.
   */
  readonly captureUnknown?: { readonly packets: number; readonly bytes: number };
  /**
   * Sizes and intervals of so many first packets of each flow in its record, as `packet_series`; 0 to 32 (default 0, none).
   */
  readonly packetSeries?: number;
  /** What is local (default: private addresses, and the client where neither side is). */
  readonly networks?: readonly Network[];
  readonly dpi?: NdpiFiles & {
    /** Packets of a flow shown to nDPI before it gives up (default 32). */
    readonly maxPacketsTcp?: number;
    readonly maxPacketsUdp?: number;
  };
}

/** What an engine can be told while it runs; what is left out stays as it is. */
export interface LiveEngineOptions
  extends Pick<EngineOptions, 'events' | 'statsIntervalS' | 'dumpUnknown' | 'explain'> {
  readonly expiry?: FlowExpiry;
  readonly dpi?: { readonly maxPacketsTcp?: number; readonly maxPacketsUdp?: number };
}

const eventBits: Record<EngineEvent, number> = {
  detected: 1,
  updated: 2,
  expired: 4,
  stats: 8,
  unknown: 16,
};

export function integer(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new DipperError(
    'ERR_OPTION_INVALID',
    `${name} is ${value}; it must be a whole number from ${low} to ${high}`,
  );
}

function seconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0 && value <= 1e7) return value * 1000;
  throw new DipperError(
    'ERR_OPTION_INVALID',
    `${name} is ${value}; it must be a number of seconds from 0 to 10000000`,
  );
}

function tunnelBits(names: readonly string[] | undefined, known: readonly string[]): number {
  let bits = 0;
  for (const name of names ?? known) {
    const position = known.indexOf(name);
    if (position < 0)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `no tunnel is called ${JSON.stringify(name)}; there are ${known.join(', ')}`,
      );
    bits |= 1 << (position + 1);
  }
  return bits;
}

/** The options by the names that the addon gives to the positions of its array. */
function numbers(options: EngineOptions, tunnels: readonly string[]): Record<string, number> {
  const expiry = options.expiry ?? 'none';
  const times: FlowExpiry = expiry === 'none' ? {} : expiry;
  const reference = options.reference ?? false;
  const unknown = options.captureUnknown;
  let events = 0;
  for (const event of options.events ?? (['detected', 'updated', 'expired'] as const)) {
    if (!Object.hasOwn(eventBits, event))
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `no event is called ${JSON.stringify(event)}; there are ${Object.keys(eventBits).join(', ')}`,
      );
    events |= eventBits[event];
  }
  return {
    workers: integer('workers', options.workers ?? 1, 1, 64),
    internal: Number(options.internal ?? true),
    events,
    tunnels: tunnelBits(options.tunnels, tunnels),
    reference: Number(reference),
    maxFlows: integer('maxFlows', options.maxFlows ?? 1 << 22, 1, 1 << 30),
    maxDpiStates: integer(
      'maxDpiStates',
      options.maxDpiStates ?? (reference ? 1 << 30 : 1 << 17),
      1,
      1 << 30,
    ),
    expiry: Number(expiry !== 'none'),
    udpIdleMs: seconds('expiry.udpIdleS', times.udpIdleS ?? 30),
    tcpIdleMs: seconds('expiry.tcpIdleS', times.tcpIdleS ?? 300),
    tcpClosedMs: seconds('expiry.tcpClosedS', times.tcpClosedS ?? 10),
    otherIdleMs: seconds('expiry.otherIdleS', times.otherIdleS ?? 30),
    activeMs: seconds('expiry.activeS', times.activeS ?? 0),
    statsIntervalMs: seconds('statsIntervalS', options.statsIntervalS ?? 0),
    maxPacketsTcp: integer('dpi.maxPacketsTcp', options.dpi?.maxPacketsTcp ?? 32, 1, 65535),
    maxPacketsUdp: integer('dpi.maxPacketsUdp', options.dpi?.maxPacketsUdp ?? 32, 1, 65535),
    dumpUnknown: Number(options.dumpUnknown ?? true),
    packetSeries: integer('packetSeries', options.packetSeries ?? 0, 0, 32),
    packetCounters: Number(options.packetCounters ?? options.source.type !== 'pcap-file'),
    explain: Number(options.explain ?? false),
    unknownPackets:
      unknown === undefined ? 0 : integer('captureUnknown.packets', unknown.packets, 1, 1024),
    unknownBytes:
      unknown === undefined ? 0 : integer('captureUnknown.bytes', unknown.bytes, 64, 1 << 18),
  };
}

/** The same in the addon's order. Throws ERR_OPTION_INVALID. */
export function ordered(options: EngineOptions, { Engine, tunnels }: Addon): Float64Array {
  const byName = numbers(options, tunnels);
  return Float64Array.from(Engine.numberNames, (name) => {
    const value = byName[name];
    if (value === undefined) throw new DipperError('ERR_INTERNAL', `no engine number ${name}`);
    return value;
  });
}
