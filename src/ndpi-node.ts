// The library: `import { Engine } from 'dipperd/ndpi-node'`. Everything public, nothing else.

export type { DefinitionSources } from './applications/definitions.js';
export { type LoadedApplications, loadApplications } from './applications/table.js';
export { Applications } from './capture/applications.js';
export type { CapSource } from './capture/cap-process.js';
export { DnsHints, type DnsHintsOptions } from './capture/dns-hints.js';
export type {
  EngineCounters,
  EngineEvent,
  EngineFailure,
  EngineOptions,
  FlowExpiry,
  LiveEngineOptions,
  NdpiFiles,
  SourceState,
} from './capture/engine.js';
export { Engine } from './capture/engine.js';
export { FlowHashes } from './capture/flow-hashes.js';
export type { Network } from './capture/networks.js';
export type {
  PacketRingSource,
  PcapFileSource,
  Source,
  StreamSource,
} from './capture/source.js';
export { DipperError, type ErrorCode } from './errors.js';
export type { Flow, FlowDpiUpdate, FlowMessage, FlowPurge, FlowStats } from './messages/index.js';
