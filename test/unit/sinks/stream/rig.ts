// A stream server with real sockets, and clients that read both framings as their documentation says.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../../../src/log.js';
import type { ListenerOptions } from '../../../../src/sinks/stream/index.js';
import { StreamServer, type StreamServerOptions } from '../../../../src/sinks/stream/index.js';
import { examples } from '../../messages/examples.js';

export interface Received {
  seq: number;
  type: string;
  [member: string]: unknown;
}

export const hello = { ...examples.agent_hello, seq: undefined };
export const flow = examples.flow;

/** What was logged, as `level message`. */
export function recordingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (first: unknown, text?: string): void => {
      lines.push(
        `${level} ${typeof first === 'string' ? first : `${text} ${JSON.stringify(first)}`}`,
      );
    };
  const log = { lines } as Record<string, unknown>;
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) log[level] = at(level);
  return log as unknown as Log & { lines: string[] };
}

/** Folders and servers that go away after the test. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'dipper-stream-'));
  readonly path = join(this.folder, 'stream.sock');
  readonly log = recordingLog();
  readonly #closers: (() => Promise<void> | void)[] = [];

  async server(options: Partial<StreamServerOptions> = {}): Promise<StreamServer> {
    const server = new StreamServer({
      listeners: [{ path: this.path, framing: 'ndjson' }],
      greeting: () => [hello],
      snapshot: () => Promise.resolve(),
      log: this.log,
      ...options,
    });
    this.#closers.push(() => server.close(0));
    await server.listen();
    return server;
  }

  async client(to: string | number = this.path): Promise<Client> {
    const client = new Client(to);
    this.#closers.push(() => client.socket.destroy() && undefined);
    await client.connected;
    return client;
  }

  async end(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Reads NDJSON from a path or a port of 127.0.0.1; skips the headers of the other framing. */
export class Client {
  readonly socket: Socket;
  readonly connected: Promise<void>;
  readonly messages: Received[] = [];
  ended = false;
  closed = false;
  #text = '';
  #wake: () => void = () => {};

  constructor(to: string | number) {
    this.socket =
      typeof to === 'string'
        ? connect({ path: to, allowHalfOpen: true })
        : connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    this.connected = new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('error', reject);
    });
    this.socket.on('error', () => {});
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#text + text).split('\n');
      this.#text = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line) as Received;
        if (message.type !== undefined) this.messages.push(message);
      }
      this.#wake();
    });
    this.socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  send(...requests: object[]): void {
    this.socket.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  }

  /** Waits for `count` messages of `type`, or of any. Rejects when they do not come. */
  async take(count: number, type?: string): Promise<Received[]> {
    const enough = () => this.of(type).length >= count;
    await this.until(enough, `${count} messages ${type ?? ''}`);
    return this.of(type);
  }

  of(type: string | undefined): Received[] {
    return type === undefined ? this.messages : this.messages.filter((m) => m.type === type);
  }

  async until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
    const deadline = Date.now() + ms;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(
          `no ${what} in ${ms} ms; got ${JSON.stringify(this.messages).slice(0, 400)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 20));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

export async function eventually(
  condition: () => boolean,
  what: string,
  ms = 20_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Lines as the engine writes them, with `digit` numbered digests. */
export function flowLines(from: number, count: number, changes: object = {}): Buffer {
  let text = '';
  for (let index = from; index < from + count; index += 1) {
    text += `${JSON.stringify({ ...flow, ...changes, flow: { ...flow.flow, digest: digestOf(index) } })}\n`;
  }
  return Buffer.from(text);
}

export const digestOf = (index: number): string => index.toString(16).padStart(40, '0');

export const portOf = (server: StreamServer, index = 0): number =>
  server.status().listeners[index]?.port ?? 0;

export const loopback = (changes: Partial<ListenerOptions> = {}): ListenerOptions => ({
  address: '127.0.0.1',
  port: 0,
  ...changes,
});
