// How the daemon is, once an interval: cumulative counters of engines and of the process in, netifyd's messages out.
// Differences are taken for each engine by itself, so that one that is replaced (its interface came back, a reload)
// neither loses packets nor counts them twice.
import { availableParallelism } from 'node:os';
import type { AgentIdentity } from '../messages/agent-hello.js';
import { agentVersion, buildVersion, jsonVersion } from '../messages/agent-hello.js';
import type { AgentStatus, InterfaceStats, Interfaces } from '../messages/index.js';
import { keyedMessage } from '../messages/keyed.js';
import type { Devices } from './devices.js';
import { type Counters, Differences, type InterfaceTotals } from './differences.js';

export interface InterfaceSample {
  readonly name: string;
  readonly role: 'LAN' | 'WAN';
  /** Zeros without one. */
  readonly mac: string;
  readonly state: 'up' | 'down' | 'removed';
  readonly addresses: readonly string[];
  /** `packet-ring`, `cap`, `pcap-file`, `stream`. */
  readonly source: string;
  /** False: the source cannot say what it lost, and what it lost is left out instead of being 0. */
  readonly lossKnown: boolean;
  /** One that has ended since the last sample is in it once more. `key`: the engine itself. */
  readonly engines: readonly { readonly key: object; readonly counters: Counters }[];
}

/** What else a status says. Absent: that part is off. */
export interface Surroundings {
  /** Flows that may be tracked at a time; 0 = no bound. */
  readonly flowMax: number;
  readonly dnsHints?: number;
  readonly flowHashes?: number;
  readonly unknownCaptures?: { readonly files: number; readonly bytes: number };
  readonly stateWriteErrors: number;
  readonly stream?: NonNullable<AgentStatus['stream']>;
}

export interface ProcessUsage {
  /** ms of a clock that is never set. */
  uptimeMs(): number;
  /** ms since 1970. */
  now(): number;
  cpu(): { user: number; system: number };
  residentBytes(): number;
  /** KiB. */
  maxResidentKb(): number;
}

export const processUsage = (): ProcessUsage => ({
  uptimeMs: () => process.uptime() * 1000,
  now: () => Date.now(),
  cpu: () => process.cpuUsage(),
  residentBytes: () => process.memoryUsage.rss(),
  maxResidentKb: () => process.resourceUsage().maxRSS,
});

export interface Sample {
  readonly status: AgentStatus;
  readonly interfaceStats: InterfaceStats;
}

export class Statistics {
  readonly #agent: AgentIdentity;
  readonly #usage: ProcessUsage;
  readonly #differences = new Differences();
  #last: Pick<AgentStatus, 'cpu_user' | 'cpu_system' | 'flow_count' | 'maxrss_kb' | 'memrss_kb'>;
  #flowsExpired = 0;
  #flowsPurged = 0;

  constructor(agent: AgentIdentity, usage: ProcessUsage = processUsage()) {
    this.#agent = agent;
    this.#usage = usage;
    this.#last = { ...this.#process(), flow_count: 0 };
  }

  /** The status of this interval; counters begin anew. `updateIntervalS`: as configured. */
  sample(
    interfaces: readonly InterfaceSample[],
    devices: Devices,
    surroundings: Surroundings,
    updateIntervalS: number,
  ): Sample {
    const { stats, ended } = this.#differences.take(interfaces);
    this.#flowsExpired = ended.expired;
    this.#flowsPurged = ended.purged;
    const short = this.greeting(interfaces, surroundings, updateIntervalS);
    const { cpu_user, cpu_system, flow_count, maxrss_kb, memrss_kb } = short;
    this.#last = { cpu_user, cpu_system, flow_count, maxrss_kb, memrss_kb };
    const rows = interfaces.map((one) => [
      one.name,
      interfaceStatus(one, this.#differences.totals(one.name)),
    ]);
    return {
      status: { ...short, interfaces: Object.fromEntries(rows), devices, stats },
      interfaceStats: keyedMessage('interface_stats', stats),
    };
  }

  /** The short status of now, for a client that connects. Counts nothing anew. */
  greeting(
    interfaces: readonly InterfaceSample[],
    surroundings: Surroundings,
    updateIntervalS: number,
  ): AgentStatus {
    const { dnsHints, flowHashes, unknownCaptures, stream } = surroundings;
    const last = this.#last;
    const now = this.#process();
    const flows = flowsActive(interfaces);
    return {
      type: 'agent_status',
      version: jsonVersion,
      timestamp: Math.floor(this.#usage.now() / 1000),
      update_interval: updateIntervalS,
      update_imf: 1,
      uptime: Math.floor(this.#usage.uptimeMs() / 1000),
      agent_version: agentVersion(this.#agent.version),
      build_version: buildVersion(this.#agent),
      uuid: this.#agent.uuid,
      ...(this.#agent.serial === undefined ? {} : { uuid_serial: this.#agent.serial }),
      ...(this.#agent.site === undefined ? {} : { uuid_site: this.#agent.site }),
      pid: process.pid,
      started_at: this.#agent.startedAt,
      cpu_cores: availableParallelism(),
      cpu_user: now.cpu_user,
      cpu_user_prev: last.cpu_user,
      cpu_system: now.cpu_system,
      cpu_system_prev: last.cpu_system,
      flow_count: flows,
      flow_count_prev: last.flow_count,
      flow_max: surroundings.flowMax,
      flows_active: flows,
      flows_in_use: flows,
      flows_expiring: 0,
      flows_expired: this.#flowsExpired,
      flows_purged: this.#flowsPurged,
      maxrss_kb: now.maxrss_kb,
      maxrss_kb_prev: last.maxrss_kb,
      memrss_kb: now.memrss_kb,
      memrss_kb_prev: last.memrss_kb,
      dhc_status: dnsHints !== undefined,
      ...(dnsHints === undefined ? {} : { dhc_size: dnsHints }),
      fhc_status: flowHashes !== undefined,
      ...(flowHashes === undefined ? {} : { fhc_size: flowHashes }),
      sink_status: false,
      sink_uploads: false,
      ...(unknownCaptures === undefined
        ? {}
        : {
            unknown_capture_files: unknownCaptures.files,
            unknown_capture_bytes: unknownCaptures.bytes,
          }),
      state_write_errors: surroundings.stateWriteErrors,
      ...(stream === undefined ? {} : { stream }),
    };
  }

  #process() {
    const { user, system } = this.#usage.cpu();
    return {
      cpu_user: user / 1e6,
      cpu_system: system / 1e6,
      maxrss_kb: this.#usage.maxResidentKb(),
      memrss_kb: Math.round(this.#usage.residentBytes() / 1024),
    };
  }
}

/** The message `interfaces`. */
export function interfacesMessage(samples: readonly InterfaceSample[]): Interfaces {
  const rows = samples.map(({ name, addresses, mac, role, source }) => [
    name,
    {
      addr: [...addresses],
      capture_type: source === 'packet-ring' ? 'tpv3' : 'pcap',
      mac,
      role: role === 'LAN' ? 'lan' : 'wan',
      source,
    },
  ]);
  return keyedMessage('interfaces', Object.fromEntries(rows)) as Interfaces;
}

function flowsActive(interfaces: readonly InterfaceSample[]): number {
  let flows = 0;
  for (const { engines } of interfaces)
    for (const { counters } of engines) flows += counters.totals.flows_active ?? 0;
  return flows;
}

function interfaceStatus(
  { role, mac, state, lossKnown }: InterfaceSample,
  { packets, dropped, eventsLost }: InterfaceTotals,
) {
  const row = { role, mac, state, packets, events_lost: eventsLost };
  return lossKnown ? { ...row, packets_dropped: dropped } : row;
}
