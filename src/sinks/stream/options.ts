// What a stream server is told: listeners and limits, their defaults, and which listeners are refused. Reads nothing.
import { isIPv4 } from 'node:net';
import { DipperError } from '../../errors.js';

/** `netifyd`: a line `{"length": N}`, then N bytes that end in a newline. `ndjson`: a message a line. */
export type Framing = 'netifyd' | 'ndjson';

export interface UnixListenerOptions {
  readonly path: string;
  /** Permission bits of the socket file; 0660 by default. */
  readonly mode?: number | undefined;
  /** Name or number; the group of the process by default. */
  readonly group?: string | number | undefined;
  readonly framing?: Framing | undefined;
}

/** Paths of PEM files. With `clientCa` a client must show a certificate that this authority signed. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

export interface TcpListenerOptions {
  /** An address; `::` and `*` listen to IPv6 and IPv4. */
  readonly address: string;
  readonly port: number;
  readonly framing?: Framing | undefined;
  readonly tls?: TlsFiles | undefined;
  /** What a client must say in its first line. */
  readonly token?: string | undefined;
  /** A file with the token; read when the listener is opened, and again at each reconfiguration. */
  readonly tokenFile?: string | undefined;
  /** Listen on the network without TLS and without a token. */
  readonly insecure?: boolean | undefined;
}

export type ListenerOptions = UnixListenerOptions | TcpListenerOptions;

/** What happens to a client that does not keep up. */
export type SlowPolicy = 'disconnect' | 'drop_oldest';

export interface StreamLimits {
  /** Connections at a time, over all listeners. */
  readonly maxClients: number;
  /** Bytes of published messages that may wait for one client. */
  readonly queueBytes: number;
  /** Seconds that a published message may wait. */
  readonly queueSeconds: number;
  readonly slowPolicy: SlowPolicy;
  /** Bytes of greeting and snapshot that may wait for one client, beside `queueBytes`. */
  readonly snapshotBytes: number;
  /** Bytes that may wait for all clients together; beyond, the client with the most is the slow one. */
  readonly totalBytes: number;
  /** Longest line that a client may send. */
  readonly requestBytes: number;
  /** Lines that a client may send in a minute. */
  readonly requestsPerMinute: number;
  /** Seconds that a client has to say its token. */
  readonly tokenSeconds: number;
}

export const defaultLimits: StreamLimits = {
  maxClients: 64,
  queueBytes: 8 * 2 ** 20,
  queueSeconds: 10,
  slowPolicy: 'disconnect',
  snapshotBytes: 64 * 2 ** 20,
  totalBytes: 128 * 2 ** 20,
  requestBytes: 64 * 2 ** 10,
  requestsPerMinute: 60,
  tokenSeconds: 5,
};

/** A token that a machine made has this much at least: 128 bits in base64 are 22 characters, in hexadecimal 32. */
export const shortestToken = 16;
/** sun_path of unix(7) with its final zero. */
const longestPath = 107;

export const isUnix = (listener: ListenerOptions): listener is UnixListenerOptions =>
  'path' in listener;

/** The listener as people write it: `unix:PATH`, `tcp:ADDRESS:PORT`. Two listeners cannot have the same. */
export function listenerName(listener: ListenerOptions): string {
  if (isUnix(listener)) return `unix:${listener.path}`;
  const { address, port } = listener;
  return `tcp:${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Equal for two listeners that behave in the same way. */
export function listenerKey(listener: ListenerOptions): string {
  if (isUnix(listener)) {
    const { path, mode, group, framing } = listener;
    return JSON.stringify(['unix', path, mode ?? 0o660, group ?? null, framing ?? 'netifyd']);
  }
  const { address, port, framing, tls, token, tokenFile, insecure } = listener;
  const files = tls === undefined ? null : [tls.cert, tls.key, tls.clientCa ?? null];
  return JSON.stringify([
    'tcp',
    ...[
      address,
      port,
      framing ?? 'netifyd',
      files,
      token ?? null,
      tokenFile ?? null,
      insecure === true,
    ],
  ]);
}

export function isLoopback(address: string): boolean {
  const text = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  return text === 'localhost' || text === '::1' || (isIPv4(text) && text.startsWith('127.'));
}

/** Throws DipperError for a listener that must not be opened, with the keys that would help. */
export function checkListeners(listeners: readonly ListenerOptions[]): void {
  const names = new Set<string>();
  for (const listener of listeners) {
    const name = listenerName(listener);
    // Port 0 is any free port, so two of them are not the same.
    const free = !isUnix(listener) && listener.port === 0;
    if (names.has(name) && !free) throw refuse(`${name}: named twice; keep one of the two`);
    names.add(name);
    if (isUnix(listener)) checkUnix(listener, name);
    else checkTcp(listener, name);
  }
}

function checkUnix({ path, mode = 0o660 }: UnixListenerOptions, name: string): void {
  if (!path.startsWith('/')) throw refuse(`${name}: give the whole path, from / on`);
  if (Buffer.byteLength(path) > longestPath) {
    throw refuse(`${name}: ${Buffer.byteLength(path)} bytes; a socket's path has 107 at most`);
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw refuse(`${name}: mode ${mode.toString(8)}; give permission bits from 0 to 0777`);
  }
}

function checkTcp(listener: TcpListenerOptions, name: string): void {
  const { address, port, tls, token, tokenFile, insecure } = listener;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw refuse(`${name}: give a port from 1 to 65535`);
  }
  if (token !== undefined) checkToken(token, name);
  const open = tls === undefined && token === undefined && tokenFile === undefined;
  if (!isLoopback(address) && open && insecure !== true) {
    throw refuse(
      `${name}: would show all traffic metadata to the network without TLS and without a token; ` +
        'set tls_cert and tls_key (and tls_client_ca), or a token, or listen on 127.0.0.1 or on a ' +
        'listen_path, or say insecure = yes',
    );
  }
}

export function checkToken(token: string, name: string): void {
  if (token.length >= shortestToken && !/[^\x21-\x7e]/.test(token)) return;
  throw refuse(
    `${name}: the token must have ${shortestToken} or more printable characters without spaces; ` +
      'make one with `openssl rand -hex 16`',
  );
}

export const refuse = (message: string, cause?: unknown): DipperError =>
  new DipperError(
    'ERR_LISTENER_REFUSED',
    `listener ${message}`,
    cause === undefined ? {} : { cause },
  );
