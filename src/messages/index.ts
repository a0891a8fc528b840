// The table of messages: one row a type. A new message is one file and one line here.
import { AgentHello } from './agent-hello.js';
import { AgentStatus } from './agent-status.js';
import { Definitions } from './definitions.js';
import { Dropped } from './dropped.js';
import { Endpoints } from './endpoints.js';
import { StreamError } from './error.js';
import { Flow } from './flow.js';
import { FlowDpiUpdate } from './flow-dpi-update.js';
import { FlowPurge } from './flow-purge.js';
import { FlowStats } from './flow-stats.js';
import { InterfaceStats } from './interface-stats.js';
import { Interfaces } from './interfaces.js';
import { Protocols } from './protocols.js';
import { SnapshotEnd } from './snapshot-end.js';

/** About one flow; what the engine writes. */
export const flowMessages = {
  flow: Flow,
  flow_dpi_update: FlowDpiUpdate,
  flow_stats: FlowStats,
  flow_purge: FlowPurge,
} as const;

/** About the daemon and its streams. */
export const agentMessages = {
  agent_hello: AgentHello,
  agent_status: AgentStatus,
  interfaces: Interfaces,
  interface_stats: InterfaceStats,
  endpoints: Endpoints,
  definitions: Definitions,
  protocols: Protocols,
  snapshot_end: SnapshotEnd,
  dropped: Dropped,
  error: StreamError,
} as const;

export const messages = { ...flowMessages, ...agentMessages } as const;

export type MessageType = keyof typeof messages;

/** Any message about one flow, discriminated by `type`. */
export type FlowMessage = Flow | FlowDpiUpdate | FlowStats | FlowPurge;

export type AgentMessage =
  | AgentHello
  | AgentStatus
  | Interfaces
  | InterfaceStats
  | Endpoints
  | Definitions
  | Protocols
  | SnapshotEnd
  | Dropped
  | StreamError;

export type Message = FlowMessage | AgentMessage;

export type {
  AgentHello,
  AgentStatus,
  Definitions,
  Dropped,
  Endpoints,
  Flow,
  FlowDpiUpdate,
  FlowPurge,
  FlowStats,
  InterfaceStats,
  Interfaces,
  Protocols,
  SnapshotEnd,
  StreamError,
};
