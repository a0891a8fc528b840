// The control socket: one line of JSON asks, one line answers, then the connection ends. For the daemon's own user and
// root alone (mode 0600); data never passes here, so that a full stream cannot keep an operator out.
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';

/** Longest request and longest answer, in bytes. */
const longestRequest = 4096;
const longestAnswer = 16 * 1024 * 1024;
/** Connections at a time; more are closed at once. */
const mostConnections = 32; // those who ask for a reload wait for its end
/** A connection that has not asked by then is closed. */
const patienceMs = 5000;

export interface ControlRequest {
  command: string;
}

export interface ControlAnswer {
  ok: boolean;
  /** What happened, for people: several lines where there is much to say. */
  message: string;
  data?: unknown;
}

export type ControlHandlers = Readonly<Record<string, () => Promise<ControlAnswer>>>;

export interface ControlOwner {
  readonly uid: number;
  readonly gid: number;
}

export class ControlSocket {
  readonly #path: string;
  readonly #handlers: ControlHandlers;
  readonly #log: Log;
  readonly #server: Server;
  readonly #owner: ControlOwner | undefined;
  readonly #open = new Set<Socket>();

  /** `owner`: whom the socket belongs to, when root becomes another user later. */
  constructor(path: string, handlers: ControlHandlers, log: Log, owner?: ControlOwner) {
    this.#path = path;
    this.#owner = owner;
    this.#handlers = handlers;
    this.#log = log;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens; a socket file that a dead process left is replaced (the PID file keeps a second daemon away). */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new DipperError('ERR_SYSTEM', `${this.#path}: control socket: ${cause.message}`, {
            cause,
          }),
        ),
      );
      const mask = process.umask(0o177);
      this.#server.listen(this.#path, () => resolve());
      process.umask(mask);
    });
    chmodSync(this.#path, 0o600);
    if (this.#owner !== undefined) chownSync(this.#path, this.#owner.uid, this.#owner.gid);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#path, { force: true });
  }

  #accept(socket: Socket): void {
    if (this.#open.size >= mostConnections) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    let text = '';
    let asked = false;
    socket.setEncoding('utf8');
    socket.setTimeout(patienceMs, () => {
      if (!asked) socket.destroy();
    });
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', (error) => this.#log.debug({ error: error.message }, 'control connection'));
    socket.on('data', (part: string) => {
      if (asked) return;
      text += part;
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= longestRequest) return;
      asked = true;
      void this.#answer(end < 0 ? '' : text.slice(0, end)).then((answer) =>
        socket.end(`${JSON.stringify(answer)}\n`),
      );
    });
  }

  async #answer(line: string): Promise<ControlAnswer> {
    let command: unknown;
    try {
      command = (JSON.parse(line) as Partial<ControlRequest> | null)?.command;
    } catch {
      return { ok: false, message: 'a request is one line of JSON such as {"command":"status"}' };
    }
    const handler =
      typeof command === 'string' && Object.hasOwn(this.#handlers, command)
        ? this.#handlers[command]
        : undefined;
    if (handler === undefined) {
      const known = Object.keys(this.#handlers).join(', ');
      return { ok: false, message: `no command is called ${JSON.stringify(command)}: ${known}` };
    }
    try {
      return await handler();
    } catch (error) {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Asks the daemon behind the socket at `path`. Throws ERR_NOT_RUNNING when nobody answers there. */
export async function askDaemon(
  path: string,
  command: string,
  timeoutMs = 10_000,
): Promise<ControlAnswer> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write(`${JSON.stringify({ command })}\n`));
    const refuse = (reason: string, cause?: unknown) => {
      socket.destroy();
      reject(
        new DipperError(
          'ERR_NOT_RUNNING',
          `${path}: ${reason}; is dipperd running, with this state directory?`,
          { cause },
        ),
      );
    };
    socket.setTimeout(timeoutMs, () => refuse(`no answer in ${timeoutMs / 1000} s`));
    socket.setEncoding('utf8');
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EACCES') return refuse(cause.message, cause);
      reject(
        new DipperError(
          'ERR_PERMISSION',
          `${path}: permission denied; ask as root or as the daemon's user`,
          {
            cause,
          },
        ),
      );
    });
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > longestAnswer) refuse('the answer is too long');
    });
    socket.on('end', () => {
      try {
        resolve(JSON.parse(text) as ControlAnswer);
      } catch (cause) {
        refuse('the answer is not JSON', cause);
      }
    });
  });
}
