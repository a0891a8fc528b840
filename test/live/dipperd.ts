// A dipperd of its own in a namespace, with its state in a folder of the test, and readers of its stream.
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askDaemon, type ControlAnswer } from '../../src/daemon/control.js';
import { type Finished, finished, type Namespaces } from './namespaces.js';

export const program = resolve(import.meta.dirname, '../../src/daemon.js');

export interface Line {
  seq: number;
  type: string;
  interface?: string;
  internal?: boolean;
  reason?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a consumer of the stream sees: JSON.
  flow?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  [member: string]: any;
}

/** A row of the control socket's `status`. */
export interface CaptureReport {
  name: string;
  role: string;
  state: string;
  restarts: number;
  counters: {
    totals: Record<string, number>;
    discarded: Record<string, { packets: number; bytes: number }>;
    drops: number | null;
  };
}

let made = 0;

export class Dipperd {
  readonly state: string;
  readonly #net: Namespaces;
  readonly #namespace: string;
  readonly #arguments: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #before: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<Finished> | undefined;
  #stderr = '';

  /**
   * `options` as on the command line, beside the paths of the state; `state`: the folder of one before instead of an
   * own; `before`: a program with its arguments that starts it, such as setpriv.
   */
  constructor(
    net: Namespaces,
    namespace: string,
    options: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    { state, before = [] }: { state?: string; before?: readonly string[] } = {},
  ) {
    this.#environment = environment;
    this.#net = net;
    this.#namespace = namespace;
    this.#before = before;
    this.state = state ?? join(net.folder, `state${made++}`);
    // The daemon gives up root: who it becomes must be able to walk there.
    chmodSync(net.folder, 0o755);
    mkdirSync(this.state, { mode: 0o755, recursive: true });
    this.#arguments = [
      ...['-R', '--set', `dipperd.path_state_volatile=${this.state}/run`],
      ...['--set', `dipperd.path_state_persistent=${this.state}/lib`],
      ...options,
    ];
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it has said until now. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Starts it; resolves with what it said when it ends. */
  spawn(): Promise<Finished> {
    this.#stderr = '';
    const command = [...this.#before, process.execPath, '--enable-source-maps', program];
    this.#child = this.#net.start(this.#namespace, [...command, ...this.#arguments], {
      env: this.#environment,
    });
    this.#ended = finished(this.#child, 3_600_000);
    this.#ended.catch(() => {}); // looked at by who waits
    this.#child.stderr?.on('data', (text: string) => {
      this.#stderr += text;
    });
    return this.#ended;
  }

  /** Starts it and waits until it answers. Throws what it said when it ends instead. */
  async start(): Promise<this> {
    const ended = this.spawn();
    const end = Date.now() + 30_000;
    for (;;) {
      const early = await Promise.race([ended, sleep(25)]);
      if (early !== undefined) throw new Error(`dipperd ended with ${early.code}: ${early.stderr}`);
      if (Date.now() > end) throw new Error(`dipperd does not answer: ${this.#stderr}`);
      const answer = await this.ask('status').catch(() => undefined);
      if (answer?.ok) return this;
    }
  }

  async ask(command: string): Promise<ControlAnswer> {
    return await askDaemon(join(this.state, 'run/control.sock'), command);
  }

  /** What the control socket says about each interface. */
  async captures(): Promise<CaptureReport[]> {
    const { data } = await this.ask('status');
    return (data as { captures: CaptureReport[] }).captures;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGTERM; resolves with what it said. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.signal(signal);
    return (await this.#ended) as Finished;
  }
}

/** A reader of the stream, as users have it: `nc 127.0.0.1 7150 | jq -c .` in the daemon's namespace. */
export class Reader {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #rest = '';

  constructor(net: Namespaces, namespace: string, address = '127.0.0.1 7150') {
    this.#child = net.start(namespace, ['sh', '-c', `nc ${address} | jq --unbuffered -c .`]);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n');
      this.#rest = parts.pop() ?? '';
      for (const part of parts) this.lines.push(JSON.parse(part) as Line);
    });
  }

  /** Messages; the framing's own lines have no type. */
  get messages(): Line[] {
    return this.lines.filter(({ type }) => type !== undefined);
  }

  of(type: string, wanted: (line: Line) => boolean = () => true): Line[] {
    return this.lines.filter((line) => line.type === type && wanted(line));
  }

  /** Waits until `enough` holds. */
  async until(enough: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!enough()) {
      if (Date.now() > end) {
        const types = this.messages.map(({ type }) => type).join(' ');
        throw new Error(`no ${what} in ${timeoutMs} ms; what came: ${types.slice(0, 2000)}`);
      }
      await sleep(20);
    }
  }

  /** Hangs up. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the daemon has closed the connection. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    await new Promise((done) => this.#child.once('close', done));
  }
}
