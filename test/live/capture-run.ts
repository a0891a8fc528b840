// A capturing process in a namespace, as the tests handle it: started, watched through what it says, ended.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineOptions } from '../../src/ndpi-node.js';
import type { ChildLine, EngineStatus, SeenFlow } from './capture-child.js';
import type { Namespaces } from './namespaces.js';

const program = fileURLToPath(new URL('./capture-child.js', import.meta.url));

export interface RunOptions {
  engines: readonly EngineOptions[];
  /** Programs before node, for other privileges. */
  wrapper?: readonly string[];
  /** Descriptors of the process that are handed over when asked for. */
  provide?: readonly number[];
}

export class CaptureRun {
  readonly child: ChildProcess;
  cpuMs = 0;
  readonly #waiting = new Set<() => void>();
  #status: EngineStatus[] = [];
  #flows: SeenFlow[][] | undefined;
  #ended = false;
  #stderr = '';

  constructor(namespaces: Namespaces, namespace: string, options: RunOptions) {
    const { engines, wrapper = [], provide = [] } = options;
    this.child = namespaces.start(namespace, [
      ...wrapper,
      ...[process.execPath, program, JSON.stringify({ engines, provide })],
    ]);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    if (this.child.stdout)
      createInterface({ input: this.child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as ChildLine;
        this.#status = line.status;
        if ('flows' in line) this.#flows = line.flows;
        else this.cpuMs = line.cpuMs;
        for (const look of this.#waiting) look();
      });
    this.child.once('close', () => {
      this.#ended = true;
      for (const look of this.#waiting) look();
    });
  }

  /** Waits until the engines stand as `enough` wants them. Throws with what they say after `timeoutMs`. */
  async until(
    what: string,
    enough: (status: EngineStatus[]) => boolean,
    timeoutMs = 10_000,
  ): Promise<EngineStatus[]> {
    await this.#wait(what, () => this.#status.length > 0 && enough(this.#status), timeoutMs);
    return this.#status;
  }

  /** Waits until all engines are in this state. */
  async state(name: string, timeoutMs = 10_000): Promise<void> {
    await this.until(`state ${name}`, (all) => all.every(({ state }) => state === name), timeoutMs);
  }

  /** Waits until the engines have read so many packets together. */
  async packets(count: number, timeoutMs = 10_000): Promise<EngineStatus[]> {
    return await this.until(
      `${count} packets`,
      (all) => total(all, 'packets_read') >= count,
      timeoutMs,
    );
  }

  /** Ends the engines; what each saw and how it stood at the end. */
  async stop(): Promise<{ flows: SeenFlow[][]; status: EngineStatus[] }> {
    this.child.kill('SIGTERM');
    return await this.stopped();
  }

  /** The same for engines that end by themselves. */
  async stopped(): Promise<{ flows: SeenFlow[][]; status: EngineStatus[] }> {
    await this.#wait('the end', () => this.#ended, 20_000, true);
    if (!this.#flows) throw new Error(`the process ended without its flows: ${this.#stderr}`);
    return { flows: this.#flows, status: this.#status };
  }

  /** Waits for the process to end by itself; what it said on stderr. */
  async ended(): Promise<{ code: number | null; stderr: string }> {
    await this.#wait('the end', () => this.#ended, 20_000, true);
    return { code: this.child.exitCode, stderr: this.#stderr };
  }

  async #wait(what: string, enough: () => boolean, timeoutMs: number, ends = false): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const tell = (why: string) =>
        new Error(`${why} waiting for ${what}: ${JSON.stringify(this.#status)} ${this.#stderr}`);
      const look = () => {
        if (enough()) done();
        else if (this.#ended && !ends) done(tell('the process ended'));
      };
      const timer = setTimeout(() => done(tell('too long')), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }
}

/** The sum of a counter over all engines. */
export function total(status: readonly EngineStatus[], counter: string): number {
  return status.reduce((sum, { counters }) => sum + (counters[counter] ?? 0), 0);
}
