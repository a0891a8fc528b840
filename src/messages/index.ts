// The table of messages: one row a type. A new message is one file and one line here.
import { Flow } from './flow.js';
import { FlowDpiUpdate } from './flow-dpi-update.js';
import { FlowPurge } from './flow-purge.js';
import { FlowStats } from './flow-stats.js';

export const messages = {
  flow: Flow,
  flow_dpi_update: FlowDpiUpdate,
  flow_stats: FlowStats,
  flow_purge: FlowPurge,
} as const;

export type MessageType = keyof typeof messages;

/** Any message about one flow, discriminated by `type`. */
export type FlowMessage = Flow | FlowDpiUpdate | FlowStats | FlowPurge;

export type { Flow, FlowDpiUpdate, FlowPurge, FlowStats };
