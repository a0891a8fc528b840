// The status of the daemon in words: what netifyd's -s prints, and what each interface has lost. Pure.
import type { AgentStatus } from '../messages/index.js';

/** What was found out about a daemon. */
export interface Finding {
  readonly running: boolean;
  readonly pid: number | undefined;
  readonly status: AgentStatus | undefined;
  /** ms since 1970. */
  readonly now: number;
  readonly folder: string;
}

/** A status older than this many intervals is worth a word. */
const patience = 3;

export function isStale({ status, now }: Pick<Finding, 'status' | 'now'>): boolean {
  return status !== undefined && ageS(status, now) > patience * status.update_interval;
}

/** Lines without newline. */
export function statusText(finding: Finding): string[] {
  const { running, pid, status, now, folder } = finding;
  const state = running ? `dipperd is running (PID ${pid})` : 'dipperd is not running';
  const where = `volatile state path: ${folder}`;
  if (status === undefined) return [`- ${state}`, `- ${where}`].map(printable);
  const lines = [
    state,
    where,
    ...(isStale(finding)
      ? [
          `warning: the status is ${ageS(status, now)} s old, it should be written every ${status.update_interval} s`,
        ]
      : []),
    `timestamp: ${new Date(status.timestamp * 1000).toISOString()}`,
    `uptime: ${duration(status.uptime)}`,
    `active flows: ${status.flow_count}${share(status.flow_count, status.flow_max)}`,
    `flows ended in the last interval: ${status.flows_purged}, by silence or age: ${status.flows_expired}`,
    `CPU utilization: ${cpuPercent(status).toFixed(1)} % of ${status.cpu_cores} cores`,
    `CPU time: ${status.cpu_user.toFixed(1)} s user, ${status.cpu_system.toFixed(1)} s system`,
    `current memory: ${status.memrss_kb} kB`,
    `maximum memory: ${status.maxrss_kb} kB`,
    ...Object.entries(status.interfaces ?? {}).map(interfaceLine),
    `DNS hint cache: ${cache(status.dhc_status, status.dhc_size)}`,
    `flow hash cache: ${cache(status.fhc_status, status.fhc_size)}`,
    ...streamLines(status),
    ...(status.unknown_capture_files === undefined
      ? []
      : [
          `captures of unknown flows: ${status.unknown_capture_files}, ${status.unknown_capture_bytes ?? 0} bytes`,
        ]),
    ...(status.state_write_errors === 0
      ? []
      : [`warning: ${status.state_write_errors} state files could not be written; see the log`]),
    'sink services: none; sink uploads: none',
    `agent UUID: ${status.uuid}`,
    `serial UUID: ${status.uuid_serial ?? '-'}`,
    `site UUID: ${status.uuid_site ?? '-'}`,
  ];
  return [status.build_version, ...lines.map((line) => `- ${line}`)].map(printable);
}

type Interfaces = NonNullable<AgentStatus['interfaces']>;

function interfaceLine([name, one]: [string, Interfaces[string]]): string {
  const { packets, packets_dropped: dropped, events_lost: lost } = one;
  const offered = packets + (dropped ?? 0);
  const losses =
    dropped === undefined
      ? 'unknown, this source cannot say'
      : `${(offered === 0 ? 0 : (100 * dropped) / offered).toFixed(3)} % (${dropped} of ${offered})`;
  const events = lost === 0 ? '' : `, messages lost: ${lost}`;
  return `${name} [${one.role}]: ${one.state}: packets dropped: ${losses}${events}`;
}

function streamLines({ stream }: AgentStatus): string[] {
  if (stream === undefined) return [];
  const trouble =
    stream.clients_disconnected + stream.messages_dropped === 0
      ? ''
      : `, ${stream.clients_disconnected} too slow and cut off, ${stream.messages_dropped} messages dropped`;
  return [`stream: ${stream.clients} clients, ${stream.messages} messages${trouble}`];
}

function cpuPercent(status: AgentStatus): number {
  const { cpu_user, cpu_user_prev, cpu_system, cpu_system_prev, cpu_cores } = status;
  const used = cpu_user - cpu_user_prev + cpu_system - cpu_system_prev;
  return (100 * used) / (status.update_interval * Math.max(1, cpu_cores));
}

function share(count: number, most: number): string {
  return most === 0 ? '' : ` / ${most} (${((100 * count) / most).toFixed(1)} %)`;
}

function cache(enabled: boolean, size: number | undefined): string {
  return enabled ? `enabled, ${size ?? 0} entries` : 'disabled';
}

/** As netifyd writes it: `0d 00:01:00`. */
function duration(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days}d ${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function ageS({ timestamp }: AgentStatus, now: number): number {
  return Math.floor(now / 1000) - timestamp;
}

/** Names of interfaces are the administrator's; a terminal must not obey them. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, '?');
}
