// The listeners that the keys of `[socket]` describe. An index may have an address, a path, or both: two listeners.
import type { Config, ListenerKeys } from './schema/index.js';

export type Framing = ListenerKeys['framing'];

export interface UnixListener {
  readonly type: 'unix';
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Name or number. */
  readonly group?: string;
  readonly framing: Framing;
}

export interface TcpListener {
  readonly type: 'tcp';
  readonly address: string;
  readonly port: number;
  readonly framing: Framing;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  readonly token?: string;
  readonly tokenFile?: string;
  readonly insecure: boolean;
}

export type ListenerConfig = UnixListener | TcpListener;

export function listenersOf(config: Config): readonly ListenerConfig[] {
  return config.socket.listeners.flatMap((keys) => [...unixListener(keys), ...tcpListener(keys)]);
}

/** What tells listeners apart: no two may have the same. */
export function listenerName(listener: ListenerConfig): string {
  if (listener.type === 'unix') return `unix:${listener.path}`;
  const { address, port } = listener;
  return `tcp:${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function unixListener(keys: ListenerKeys): UnixListener[] {
  const { listen_path: path, listen_path_mode: mode, listen_path_group: group, framing } = keys;
  if (path === undefined || path === '') return [];
  return [{ type: 'unix', path, mode, framing, ...(group === undefined ? {} : { group }) }];
}

function tcpListener(keys: ListenerKeys): TcpListener[] {
  const { listen_address: address, listen_port: port, framing, insecure, token } = keys;
  const { tls_cert: cert, tls_key: key, tls_client_ca: clientCa, token_file: tokenFile } = keys;
  if (address === undefined || address === '') return [];
  const tls =
    cert === undefined || key === undefined
      ? {}
      : { tls: { cert, key, ...(clientCa === undefined ? {} : { clientCa }) } };
  return [
    {
      type: 'tcp',
      address,
      port,
      framing,
      insecure,
      ...tls,
      ...(token === undefined ? {} : { token }),
      ...(tokenFile === undefined ? {} : { tokenFile }),
    },
  ];
}
