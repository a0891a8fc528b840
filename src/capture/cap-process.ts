// The source `cap`: keeps a child process running that captures through the package of that name (cap-child.ts), and
// gives the engine the descriptors of its pipes. The child's end is nothing unusual: the package aborts it whenever the
// interface goes down.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAddon, type NativeSource } from '../addon.js';

export interface CapSource {
  readonly type: 'cap';
  readonly interface: string;
  /** In libpcap's language (pcap-filter(7)). */
  readonly filter?: string;
  /** Bytes of the kernel's buffer for the package (default 10 MiB). It holds one packet of any size per 64 KiB. */
  readonly bufferBytes?: number;
  /** An interface that does not exist yet is waited for instead of refused (default false). */
  readonly waitForInterface?: boolean;
}

/** What the engine lets the child's keeper do. */
export interface CapEngine {
  provideDescriptor(descriptor: number): boolean;
  stop(): void;
}

export interface CapFailure {
  readonly message: string;
  readonly exitCode: number;
  readonly offset: number;
}

const program = fileURLToPath(new URL('./cap-child.js', import.meta.url));
const firstDelayMs = 200;
const longestDelayMs = 5000;
/** A child that captured for so long was well: the next one starts after the first delay again. */
const healthyMs = 10_000;
const lookMs = 1000;
const askMs = 20;
/** The exit code of a child that could not even begin, for a reason that may pass. */
const temporary = 75;

export class CapProcess {
  readonly #source: CapSource;
  #engine: CapEngine | undefined;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #write: number | undefined;
  #delayMs = firstDelayMs;
  #starts = 0;
  #seen: boolean;
  #closed = false;
  #failure: CapFailure | undefined;
  #problem: string | undefined;

  constructor(source: CapSource) {
    this.#source = source;
    this.#seen = !source.waitForInterface;
  }

  /** The engine's side: a stream that another one may follow. Its descriptor is the engine's. */
  nativeSource(): NativeSource {
    const [read, write] = loadAddon().makePipe();
    this.#write = write;
    const { interface: path, filter } = this.#source;
    return {
      ...{ type: 'stream', path, descriptor: read, live: true, resumable: true },
      ...(filter === undefined ? {} : { filter }),
    };
  }

  /** Starts the first child. */
  start(engine: CapEngine): void {
    this.#engine = engine;
    this.#look();
  }

  state(): 'up' | 'down' | 'removed' | 'waiting' {
    if (this.#child) return 'up';
    if (!this.#exists()) return this.#seen ? 'removed' : 'waiting';
    return 'down';
  }

  /** Why the last child ended, in words; undefined while none has. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** Why there will be no other child. */
  failure(): CapFailure | undefined {
    return this.#failure;
  }

  retry(): void {
    if (this.#child || !this.#timer) return;
    this.#delayMs = firstDelayMs;
    this.#look();
  }

  /** Ends the child. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#closeWrite();
    this.#child?.kill('SIGTERM');
  }

  #after(ms: number, next: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(next, ms);
  }

  #exists(): boolean {
    // Where there is no such folder the package is asked, and says that there is no such device.
    return !existsSync('/sys/class/net') || existsSync(`/sys/class/net/${this.#source.interface}`);
  }

  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed || this.#child) return;
    // Not there: looked for again, unless nobody said that it may be missing. Then the package says so.
    const mayBeMissing = !this.#seen || this.#starts > 0;
    if (!this.#exists() && mayBeMissing) this.#after(lookMs, () => this.#look());
    else if (this.#write !== undefined || this.#offerPipe()) this.#spawn();
    else this.#after(askMs, () => this.#look());
  }

  /** The engine asks for the next pipe when it has read the last one to its end. */
  #offerPipe(): boolean {
    const [read, write] = loadAddon().makePipe();
    if (this.#engine?.provideDescriptor(read)) {
      this.#write = write;
      return true;
    }
    closeSync(read);
    closeSync(write);
    return false;
  }

  #closeWrite(): void {
    if (this.#write !== undefined) closeSync(this.#write);
    this.#write = undefined;
  }

  #spawn(): void {
    const { interface: device, filter = '', bufferBytes = 10 << 20 } = this.#source;
    const started = performance.now();
    this.#starts++;
    const child = spawn(process.execPath, [program, device, filter, String(bufferBytes)], {
      stdio: ['pipe', this.#write ?? 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#closeWrite();
    let words = '';
    child.stdin?.on('error', () => {}); // it ended first: its exit tells
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-2000);
    });
    child.once('error', (cause) => {
      words = cause.message;
    });
    child.once('close', (code, signal) => {
      this.#child = undefined;
      const said = words.trim().split('\n').at(-1) ?? '';
      if (!this.#closed) this.#ended(code, signal, said, performance.now() - started);
    });
  }

  #ended(code: number | null, signal: string | null, words: string, livedMs: number): void {
    const how = signal ? `was ended by ${signal}` : `ended with ${code}`;
    this.#problem = `the process that captures on ${this.#source.interface} ${how}${words ? `: ${words}` : ''}`;
    const hopeless = code === 77 || (code === 69 && (this.#starts === 1 || this.#exists()));
    if (hopeless) {
      this.#failure = { message: words, exitCode: code ?? temporary, offset: 0 };
      this.#engine?.stop();
      return;
    }
    this.#seen = true;
    if (livedMs > healthyMs) this.#delayMs = firstDelayMs;
    this.#after(this.#delayMs, () => this.#look());
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
  }
}
