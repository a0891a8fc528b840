// `agent_status`: how the daemon is, each `update_interval` to the streams and to status.json. On connect a short
// form is sent, without `interfaces`, `devices` and `stats`, as netifyd 3.x does.
import { type Static, type TProperties, Type } from 'typebox';
import { amount, closed, count, epochMs, flag, notes, sequence, text, word } from './envelope.js';
import { PacketStats } from './packet-stats.js';

export const interfaceStates = ['up', 'down', 'removed'] as const;

const seconds = (description: string, netifyd: string) => amount('s', description, netifyd);
const kilobytes = (description: string, netifyd: string) => count('KiB', description, netifyd);

const InterfaceStatus = closed(
  {
    role: word(['LAN', 'WAN'], 'Side that the interface is on.', 'interfaces.*.role'),
    mac: text('Hardware address; zeros without one.', 'interfaces.*.mac'),
    state: word(
      interfaceStates,
      'Whether packets can come: `down` and `removed` interfaces are captured again when they are back.',
      'interfaces.*.state (4.5)',
    ),
    packets: count('packets', 'Packets captured since the start.'),
    packets_dropped: Type.Optional(
      count(
        'packets',
        'Packets lost since the start, by the kernel or by a full queue; absent where the source cannot say.',
      ),
    ),
    events_lost: count(
      'messages',
      'Messages about flows lost since the start because the event queue was full.',
    ),
  },
  { description: 'One interface.' },
);

const StreamStatus = closed(
  {
    clients: count('clients', 'Clients that are connected.'),
    clients_accepted: count('clients', 'Clients accepted since the start.'),
    clients_disconnected: count(
      'clients',
      'Clients cut off since the start because they read too slowly.',
    ),
    messages: count('messages', 'Messages published since the start: the last `seq`.'),
    messages_dropped: count(
      'messages',
      'Messages not sent to slow clients since the start, summed over the clients.',
    ),
    queued_bytes: count('bytes', 'Bytes that wait for clients now.'),
  },
  { description: 'The streams.' },
);

const properties = {
  version: amount('version', "Version of netifyd's JSON; always 1.9.", 'version'),
  timestamp: count('s since 1970 UTC', 'Time of this status.', 'timestamp'),
  update_interval: amount('s', 'Time between two of these.', 'update_interval'),
  update_imf: count('factor', 'Always 1; netifyd multiplied its uploads by it.', 'update_imf'),
  uptime: count('s', 'Time since the start, by a clock that is never set.', 'uptime'),
  agent_version: amount('version', 'As in `agent_hello`.', 'agent_version (text from 5.x)'),
  build_version: text('As in `agent_hello`.', 'build_version (5.x)'),
  uuid: text('Name of this agent, `XX-XX-XX-XX`.'),
  uuid_serial: Type.Optional(text('Serial number of the machine; absent without one.')),
  uuid_site: Type.Optional(text('Name of the site; absent without one.')),
  pid: count('process id', 'Of the daemon.'),
  started_at: epochMs('Start of this run of the daemon.'),
  cpu_cores: count('processors', 'Processors that are online.', 'cpu_cores'),
  cpu_user: seconds('Processor time of the program itself since the start.', 'cpu_user'),
  cpu_user_prev: seconds('The same at the last status.', 'cpu_user_prev'),
  cpu_system: seconds('Processor time of the kernel for it since the start.', 'cpu_system'),
  cpu_system_prev: seconds('The same at the last status.', 'cpu_system_prev'),
  flow_count: count('flows', 'Flows that are tracked now.', 'flow_count'),
  flow_count_prev: count('flows', 'The same at the last status.', 'flow_count_prev'),
  flow_max: count('flows', 'Most flows that may be tracked at a time; 0 is no bound.'),
  flows_active: count('flows', 'The same as `flow_count`.', 'flows_active (4.5)'),
  flows_in_use: count('flows', 'The same as `flow_count`.', 'flows_in_use (4.5)'),
  flows_expiring: count('flows', 'Always 0: a flow ends at once.', 'flows_expiring (4.5)'),
  flows_expired: count(
    'flows',
    'Flows that ended by silence or age since the last status.',
    'flows_expired (4.5)',
  ),
  flows_purged: count(
    'flows',
    'Flows that ended for any reason since the last status.',
    'flows_purged (4.5)',
  ),
  maxrss_kb: kilobytes('Most memory ever resident.', 'maxrss_kb'),
  maxrss_kb_prev: kilobytes('The same at the last status.', 'maxrss_kb_prev'),
  memrss_kb: kilobytes('Memory resident now.', 'memrss_kb (5.x)'),
  memrss_kb_prev: kilobytes('The same at the last status.', 'memrss_kb_prev (5.x)'),
  dhc_status: flag('DNS hints are collected.', 'dhc_status'),
  dhc_size: Type.Optional(count('entries', 'DNS hints; absent without them.', 'dhc_size')),
  fhc_status: flag('The cache of flow hashes is on.', 'fhc_status (5.x)'),
  fhc_size: Type.Optional(count('entries', 'Flow hashes; absent without the cache.')),
  sink_status: flag('Always false: there is no upload to a vendor.', 'sink_status'),
  sink_uploads: flag('Always false: there is no upload to a vendor.', 'sink_uploads'),
  unknown_capture_files: Type.Optional(
    count('files', 'Captures of unknown flows on disk; absent when they are off.'),
  ),
  unknown_capture_bytes: Type.Optional(
    count('bytes', 'Their size together; absent when they are off.'),
  ),
  state_write_errors: count(
    'failures',
    'State files that could not be written since the start; the log says why.',
  ),
  stream: Type.Optional(StreamStatus),
  interfaces: Type.Optional(
    Type.Record(Type.String(), InterfaceStatus, {
      ...notes('By name of the interface; not in the greeting.', 'interfaces'),
    }),
  ),
  devices: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), {
      ...notes(
        'Addresses seen since the last status, by MAC; local interfaces only; not in the greeting.',
        'devices',
      ),
    }),
  ),
  stats: Type.Optional(
    Type.Record(Type.String(), PacketStats, {
      ...notes(
        'Counters since the last status, by name of the interface; not in the greeting.',
        'stats',
      ),
    }),
  ),
} satisfies TProperties;

export const AgentStatus = closed(
  {
    ...sequence,
    type: Type.Literal('agent_status', notes('Type of the message.', 'type')),
    ...properties,
  },
  {
    $id: 'agent_status',
    title: 'agent_status',
    description:
      'How the daemon is: on connect without interfaces, devices and stats, then each interval with them.',
  },
);

export type AgentStatus = Static<typeof AgentStatus>;
export type InterfaceStatus = Static<typeof InterfaceStatus>;
export type StreamStatus = Static<typeof StreamStatus>;
