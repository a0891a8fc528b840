// What the daemon uses of the stream.
export {
  checkListeners,
  defaultLimits,
  type Framing,
  type ListenerOptions,
  type SlowPolicy,
  type StreamLimits,
  type TcpListenerOptions,
  type TlsFiles,
  type UnixListenerOptions,
} from './options.js';
export { StreamServer, type StreamServerOptions } from './server.js';
export type { SnapshotSource } from './snapshots.js';
export type { ClientStatus, StreamStatus } from './status.js';
