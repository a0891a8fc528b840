// Network namespaces, links and processes in them for the live tests. Everything carries a name of this process and is
// gone after close(): namespaces by name, processes by the ids that were started here.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

let made = 0;

export class Namespaces {
  /** A folder for configuration and output of the servers, removed by close(). */
  readonly folder = mkdtempSync(join(tmpdir(), 'dipper-live-'));
  readonly #prefix = `dl${process.pid}n${made++}`;
  readonly #names: string[] = [];
  readonly #children = new Set<ChildProcess>();

  /** Makes a namespace with `lo` up and returns its name. */
  add(word: string): string {
    const name = `${this.#prefix}${word}`;
    execFileSync('ip', ['netns', 'add', name]);
    this.#names.push(name);
    this.ip(name, 'link set lo up');
    return name;
  }

  /** `ip -n NAMESPACE ...`, words separated by blanks. */
  ip(namespace: string, words: string): string {
    return execFileSync('ip', ['-n', namespace, ...words.split(' ')], { encoding: 'utf8' });
  }

  /** Whatever program in the namespace, to its end. Throws when it fails. */
  run(namespace: string, program: string, ...args: string[]): string {
    return execFileSync('ip', ['netns', 'exec', namespace, program, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** A veth pair between two namespaces, up, without the IPv6 chatter of a new link unless asked for. */
  link(a: string, nameA: string, b: string, nameB: string): void {
    execFileSync('ip', [
      ...['link', 'add', nameA, 'netns', a, 'type', 'veth'],
      ...['peer', 'name', nameB, 'netns', b],
    ]);
    this.ip(a, `link set ${nameA} up`);
    this.ip(b, `link set ${nameB} up`);
  }

  sysctl(namespace: string, ...settings: string[]): void {
    this.run(namespace, 'sysctl', '-qw', ...settings);
  }

  /** Starts a program in the namespace; it is stopped by close() at the latest. */
  start(
    namespace: string,
    command: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string; stdin?: 'ignore' | 'pipe' } = {},
  ): ChildProcess {
    // `ip netns exec` replaces itself by the program, so the child's id is the program's.
    const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      cwd: options.cwd ?? this.folder,
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Starts a program and collects what it says until it ends by itself or after `timeoutMs`. */
  async finish(
    namespace: string,
    command: readonly string[],
    timeoutMs = 30_000,
  ): Promise<Finished> {
    return await finished(this.start(namespace, command), timeoutMs);
  }

  /** Waits until somebody listens on the TCP port there. */
  async listening(namespace: string, port: number, timeoutMs = 10_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!this.run(namespace, 'ss', '-Hltn').match(new RegExp(`[:.]${port}\\s`))) {
      if (Date.now() > end) throw new Error(`nobody listens on port ${port}`);
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    const running = [...this.#children];
    for (const child of running) child.kill('SIGTERM');
    const deadline = Date.now() + 5000;
    while (running.some(alive) && Date.now() < deadline) await sleep(20);
    for (const child of running) if (alive(child)) child.kill('SIGKILL');
    for (const name of this.#names) execFileSync('ip', ['netns', 'delete', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const alive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

/** What a started program said, once it has ended. After `timeoutMs` it is killed and this throws. */
export async function finished(child: ChildProcess, timeoutMs = 30_000): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${child.spawnargs.join(' ')} did not end: ${stderr}`));
    }, timeoutMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}
