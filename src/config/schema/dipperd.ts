// `[dipperd]`, read as `[netifyd]` too: identity, paths, limits, lifetimes, state.
import { Type } from 'typebox';
import {
  closed,
  flag,
  integer,
  name,
  path,
  seconds,
  size,
  statePersistent,
  stateVolatile,
  text,
  uuid,
  word,
  words,
} from './values.js';

export const tunnelNames = [
  'gtp_u',
  'capwap',
  'tzsp',
  'gre',
  'vxlan',
  'ip_in_ip',
  'teredo',
] as const;

const paths = {
  path_state_persistent: path('/var/lib/dipperd', {
    is: `Folder for what outlives a restart of the machine. Stands in other paths as ${statePersistent}.`,
    apply: 'restart',
    netifyd: 'path_state_persistent (4.x; fixed in 3.x)',
  }),
  path_state_volatile: path('/run/dipperd', {
    is: `Folder for sockets, status and what a restart of the machine may lose. Stands in other paths as ${stateVolatile}.`,
    apply: 'restart',
    netifyd: 'path_state_volatile (4.x; fixed in 3.x)',
  }),
  path_pid_file: path(`${stateVolatile}/dipperd.pid`, {
    is: 'File with the number of the process, locked while it runs.',
    apply: 'restart',
    netifyd: 'path_pid_file (4.x)',
  }),
  path_uuid: path(`${statePersistent}/agent.uuid`, {
    is: 'File of the agent UUID; it is generated there when neither the file nor `uuid` has one.',
    apply: 'restart',
    netifyd: 'path_uuid',
  }),
  path_uuid_serial: path(`${statePersistent}/serial.uuid`, {
    is: 'File of the serial number.',
    apply: 'restart',
    netifyd: 'path_uuid_serial',
  }),
  path_uuid_site: path(`${statePersistent}/site.uuid`, {
    is: 'File of the site UUID.',
    apply: 'restart',
    netifyd: 'path_uuid_site',
  }),
};

const identity = {
  uuid: Type.Optional(
    uuid({
      is: 'Agent UUID. Without it, or as 00-00-00-00, it is that of `path_uuid`.',
      apply: 'restart',
      netifyd: 'uuid',
      example: '00-00-00-00',
    }),
  ),
  uuid_serial: Type.Optional(
    text(undefined, {
      is: 'Serial number of the hardware.',
      apply: 'restart',
      netifyd: 'uuid_serial',
      example: '-',
    }),
  ),
  uuid_site: Type.Optional(
    text(undefined, {
      is: 'Identifier of the site.',
      apply: 'restart',
      netifyd: 'uuid_site',
      example: '-',
    }),
  ),
};

const detection = {
  max_detection_pkts: integer(32, [1, 65535], {
    is: 'Packets of a flow that are inspected before detection gives up.',
    apply: 'engine',
    netifyd: 'max_detection_pkts (4.x)',
    unit: 'packets',
  }),
  max_tcp_pkts: Type.Optional(
    integer(undefined, [1, 65535], {
      is: 'The same for TCP alone; max_detection_pkts without it.',
      apply: 'engine',
      netifyd: 'max_tcp_pkts (3.x, default 10)',
      unit: 'packets',
      example: '32',
    }),
  ),
  max_udp_pkts: Type.Optional(
    integer(undefined, [1, 65535], {
      is: 'The same for UDP alone; max_detection_pkts without it.',
      apply: 'engine',
      netifyd: 'max_udp_pkts (3.x, default 8)',
      unit: 'packets',
      example: '32',
    }),
  ),
  max_flows: integer(1048576, [0, 1073741824], {
    is: 'Flows tracked at a time by one interface; beyond it, flows that were never answered make room first, then the longest silent. 0 stands for the default.',
    apply: 'restart',
    netifyd: 'max_flows (4.x, default 0 = no limit)',
    unit: 'flows',
  }),
  max_dpi_states: integer(131072, [1, 1073741824], {
    is: 'Flows in detection at a time: each holds some kilobytes of state while it lasts.',
    apply: 'restart',
    unit: 'flows',
  }),
  packet_series: integer(0, [0, 32], {
    is: 'First packets of each flow whose sizes and intervals are in its record; 0 = none.',
    apply: 'restart',
    unit: 'packets',
  }),
  tunnels: words(tunnelNames, tunnelNames, {
    is: 'Tunnels to look into, or `all`, or `none`.',
    apply: 'restart',
  }),
};

const lifetimes = {
  ttl_idle_flow: seconds(30, [1, 604800], {
    is: 'Silence after which a flow ends that is not TCP.',
    apply: 'engine',
    netifyd: 'ttl_idle_flow',
  }),
  ttl_idle_tcp_flow: seconds(300, [1, 604800], {
    is: 'Silence after which an open TCP flow ends.',
    apply: 'engine',
    netifyd: 'ttl_idle_tcp_flow',
  }),
  ttl_closed_tcp_flow: seconds(10, [1, 604800], {
    is: 'Silence after which a TCP flow ends that was reset or closed from both sides.',
    apply: 'engine',
    netifyd: 'ttl_idle_flow (no key of its own there)',
  }),
  ttl_active_flow: seconds(0, [0, 31536000], {
    is: 'Age at which the record of a flow ends and the flow goes on in a new one; 0 = never.',
    apply: 'engine',
  }),
  linger: flag(false, {
    is: 'Go on when all capture files are read, instead of ending.',
    apply: 'restart',
    netifyd: 'it ends',
  }),
  update_interval: seconds(15, [1, 86400], {
    is: 'Period of flow_stats, interface_stats, agent_status and json_save.',
    apply: 'intervals',
    netifyd: 'update_interval',
  }),
};

const saved = {
  json_save: flag(false, {
    is: 'Write the full payload (status, interfaces, devices, statistics, flows) to a file every update_interval.',
    apply: 'state',
    netifyd: 'json_save',
  }),
  json_save_path: path(`${stateVolatile}/sink-request.json`, {
    is: 'That file.',
    apply: 'state',
    netifyd: 'option -j',
  }),
  json_save_history: integer(0, [0, 100000], {
    is: 'Payloads of earlier intervals to keep beside it, compressed (.gz), with the time in their names.',
    apply: 'state',
    unit: 'files',
  }),
  upload_nat_flows: flag(false, {
    is: 'Whether flows that this machine translates are in that file, too.',
    apply: 'state',
    netifyd: 'upload_nat_flows',
  }),
  capture_unknown_flows: flag(false, {
    is: 'Keep the first packets of flows that stay unknown, as nd-flow-XXXXXXXX.cap.',
    apply: 'restart',
    netifyd: 'capture_unknown_flows',
  }),
  capture_unknown_path: path(stateVolatile, {
    is: 'Folder of these captures.',
    apply: 'state',
  }),
  capture_unknown_packets: integer(32, [1, 1024], {
    is: 'Packets kept of one such flow.',
    apply: 'restart',
    unit: 'packets',
  }),
  capture_unknown_bytes: size(65536, [64, 262144], {
    is: 'Bytes kept of one such flow.',
    apply: 'restart',
  }),
  capture_unknown_budget: size(16777216, [65536, 1099511627776], {
    is: 'Bytes that all captures in the folder may take; the oldest are removed.',
    apply: 'state',
  }),
};

export const dipperd = closed(
  {
    ...identity,
    ...paths,
    user: Type.Optional(
      name({
        is: 'User to become once sockets and rings are open, when started as root.',
        apply: 'restart',
        netifyd: 'user (5.x)',
        example: 'dipperd',
      }),
    ),
    group: Type.Optional(
      name({
        is: "Group to become; without it the user's own.",
        apply: 'restart',
        netifyd: 'group (5.x)',
        example: 'dipperd',
      }),
    ),
    log_level: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', {
      is: "Least severity of the daemon's log on stderr.",
      apply: 'log',
    }),
    ...detection,
    ...lifetimes,
    ...saved,
  },
  'Identity, paths, limits, lifetimes and state of the daemon.',
);
