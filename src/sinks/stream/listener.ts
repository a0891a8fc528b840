// One listening socket: opened so that nobody connects before its file has the right mode and group, closed so that
// nothing of it is left.
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import { DipperError } from '../../errors.js';
import type { Log } from '../../log.js';
import {
  checkToken,
  isUnix,
  type ListenerOptions,
  listenerKey,
  listenerName,
  refuse,
  type TcpListenerOptions,
  type TlsFiles,
} from './options.js';
import { claimPath, groupId, listenOnPath } from './unix-path.js';

const handshakeMs = 10_000;

export class Listener {
  readonly options: ListenerOptions;
  readonly key: string;
  readonly name: string;
  /** Handshakes of TLS that failed. */
  handshakeFailures = 0;
  #token: string | undefined;
  readonly #server: Server | TlsServer;
  readonly #log: Log;

  /** Checks what can be checked without listening: groups, certificates. Throws DipperError. */
  constructor(
    options: ListenerOptions,
    onSocket: (socket: Socket, of: Listener) => void,
    log: Log,
  ) {
    this.options = options;
    this.key = listenerKey(options);
    this.name = listenerName(options);
    this.#log = log;
    this.#token = tokenOf(options, this.name);
    if (isUnix(options) && options.group !== undefined) groupId(options.group, this.name);
    const tls = isUnix(options) ? undefined : options.tls;
    if (tls === undefined) {
      this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        onSocket(socket, this),
      );
    } else {
      const server = createTlsServer(
        {
          ...tlsOptions(tls, this.name),
          allowHalfOpen: true,
          handshakeTimeout: handshakeMs,
          noDelay: true,
        },
        (socket) => onSocket(socket, this),
      );
      server.on('tlsClientError', (error, socket) => {
        this.handshakeFailures += 1;
        log.info(
          { listener: this.name, peer: socket.remoteAddress, reason: error.message },
          'TLS handshake failed',
        );
      });
      this.#server = server;
    }
  }

  /** What a client must say first. */
  get token(): string | undefined {
    return this.#token;
  }

  /** The port in use, also where 0 asked for any. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** Connections at a time that the kernel may hand over; further ones are closed at once. */
  limit(connections: number): void {
    this.#server.maxConnections = connections;
  }

  async listen(): Promise<void> {
    const { options } = this;
    if (isUnix(options)) {
      await claimPath(options.path, this.name);
      await this.#bound(() => listenOnPath(this.#server, options, this.name));
    } else {
      await this.#bound(() => this.#server.listen(host(options)));
    }
    // After listening an error is one connection's (EMFILE); the server goes on.
    this.#server.on('error', (error) => {
      this.#log.error({ listener: this.name, reason: error.message }, 'could not accept a client');
    });
  }

  /** Reads its files again: certificates and tokens are renewed under the same name. Throws DipperError. */
  renew(): void {
    this.#token = tokenOf(this.options, this.name);
    if (!isUnix(this.options) && this.options.tls !== undefined) {
      (this.#server as TlsServer).setSecureContext(tlsOptions(this.options.tls, this.name));
    }
  }

  /** Accepts no more. The file of a Unix socket is gone when this returns; connected clients stay. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }

  #bound(listen: () => void): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => reject(listenError(this.name, error));
      server.once('error', failed);
      server.once('listening', () => {
        server.off('error', failed);
        resolve();
      });
      try {
        listen();
      } catch (error) {
        server.off('error', failed);
        this.close();
        reject(error);
      }
    });
  }
}

function tokenOf(options: ListenerOptions, name: string): string | undefined {
  if (isUnix(options) || options.tokenFile === undefined) {
    return isUnix(options) ? undefined : options.token;
  }
  let token: string;
  try {
    token = readFileSync(options.tokenFile, 'utf8').trim();
  } catch (cause) {
    throw refuse(`${name}: token_file ${options.tokenFile}: ${(cause as Error).message}`, cause);
  }
  checkToken(token, name);
  return token;
}

function host({ address, port }: TcpListenerOptions): { host: string; port: number } {
  return { host: address === '*' ? '::' : address, port };
}

export function listenError(name: string, cause: NodeJS.ErrnoException): DipperError {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there; stop it or choose another port or path',
    EADDRNOTAVAIL: 'this machine does not have that address; listen on :: for all',
    ENOTFOUND: 'no such host; give an address',
  };
  const { code = '' } = cause;
  if (code === 'EACCES' || code === 'EPERM') {
    return new DipperError(
      'ERR_PERMISSION',
      `listener ${name}: permission denied; a port below 1024 needs CAP_NET_BIND_SERVICE, a path the ` +
        'right to write to its folder',
      { cause },
    );
  }
  const text = words[code] ?? cause.message;
  return new DipperError('ERR_STREAM_UNAVAILABLE', `listener ${name}: ${text}`, { cause });
}

function tlsOptions(files: TlsFiles, name: string): TlsOptions {
  const read = (path: string, what: string) => {
    try {
      return readFileSync(path);
    } catch (cause) {
      throw refuse(`${name}: ${what} ${path}: ${(cause as Error).message}`, cause);
    }
  };
  const options: TlsOptions = {
    cert: read(files.cert, 'tls_cert'),
    key: read(files.key, 'tls_key'),
    minVersion: 'TLSv1.2',
    ...(files.clientCa === undefined
      ? {}
      : { ca: read(files.clientCa, 'tls_client_ca'), requestCert: true, rejectUnauthorized: true }),
  };
  try {
    createTlsServer(options);
  } catch (cause) {
    const { message } = cause as Error;
    throw refuse(
      `${name}: ${files.cert} and ${files.key} are not a certificate and its key in PEM (${message})`,
      cause,
    );
  }
  return options;
}
