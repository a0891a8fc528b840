// Starts a command, kills it with SIGKILL at a random moment, and again. For anything that keeps state: what each
// start found is the caller's to judge, from the lines that the command prints.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CrashPlan {
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Times to start and kill. */
  readonly rounds: number;
  /** The longest that a command lives after it is ready, in ms; each time another random part of it. */
  readonly lifeMs: number;
  /** Every line of standard output, in order, also those that come after the kill. */
  readonly onLine?: (line: string, round: number) => void;
  /** Resolves when the command is ready to be killed. Default: when it prints `ready`. */
  readonly ready?: (child: ChildProcess, round: number) => Promise<void>;
  /** After each kill, when nothing of it runs any more. */
  readonly killed?: (round: number) => void | Promise<void>;
  /** Longest time to get ready, in ms (default 20,000). */
  readonly patienceMs?: number;
  /** From 0 to 1; for a run that can be repeated. */
  readonly random?: () => number;
}

/** Throws when a start ends by itself, does not get ready, or a callback throws. */
export async function crash(plan: CrashPlan): Promise<void> {
  const random = plan.random ?? Math.random;
  for (let round = 0; round < plan.rounds; round += 1) {
    const run = new Run(plan, round);
    try {
      await run.ready();
      await sleep(random() * plan.lifeMs);
    } finally {
      await run.kill();
    }
    run.check();
    await plan.killed?.(round);
  }
}

class Run {
  readonly #plan: CrashPlan;
  readonly #round: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #saidReady: Promise<void>;
  #stderr = '';
  #failure: unknown;
  #ended = false;
  #killed = false;

  constructor(plan: CrashPlan, round: number) {
    this.#plan = plan;
    this.#round = round;
    const [program, ...args] = plan.command;
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...plan.environment },
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-4000);
    });
    let sayReady = () => {};
    this.#saidReady = new Promise((resolve) => (sayReady = resolve));
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    const read = new Promise<void>((resolve) => lines.on('close', resolve));
    lines.on('line', (line) => {
      if (line === 'ready') sayReady();
      try {
        plan.onLine?.(line, round);
      } catch (error) {
        this.#failure ??= error;
      }
    });
    const ended = new Promise<void>((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', () => {
        this.#ended = true;
        resolve();
      });
    });
    this.#closed = Promise.all([read, ended]).then(() => {});
    this.#closed.catch(() => {}); // looked at by kill()
  }

  async ready(): Promise<void> {
    const { patienceMs = 20_000, ready } = this.#plan;
    const late = new AbortController();
    const outcome = await Promise.race([
      (ready?.(this.#child, this.#round) ?? this.#saidReady).then(() => 'ready'),
      this.#closed.then(() => 'ended before it was ready'),
      sleep(patienceMs, `was not ready in ${patienceMs} ms`, { signal: late.signal }),
    ]);
    late.abort();
    if (outcome !== 'ready') throw new Error(`start ${this.#round} ${outcome}: ${this.#stderr}`);
  }

  async kill(): Promise<void> {
    this.#killed = !this.#ended;
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#killed) throw new Error(`start ${this.#round} ended by itself: ${this.#stderr}`);
  }
}
