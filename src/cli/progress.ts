// The progress line on stderr: how much of the file, packets per second, time left. Only where somebody looks at it
// and nothing else is being written there; at most ten times a second.

export interface ProgressCounters {
  packets_read: number;
  capture_bytes_read: number;
  /** 0 when unknown: standard input. */
  capture_bytes_total: number;
}

export interface Terminal {
  write(text: string): void;
  columns: number;
}

const periodMs = 100;

export class Progress {
  readonly #terminal: Terminal;
  readonly #read: () => ProgressCounters;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #visible = false;
  // The rate is that of the last second or so, not of the whole run.
  #marks: { ms: number; packets: number; bytes: number }[] = [];

  constructor(terminal: Terminal, read: () => ProgressCounters, now = () => performance.now()) {
    this.#terminal = terminal;
    this.#read = read;
    this.#now = now;
    this.#timer = setInterval(() => this.draw(), periodMs).unref();
  }

  draw(): void {
    const counters = this.#read();
    const ms = this.#now();
    this.#marks.push({ ms, packets: counters.packets_read, bytes: counters.capture_bytes_read });
    while (this.#marks.length > 2 && ms - (this.#marks[1]?.ms ?? ms) >= 1000) this.#marks.shift();
    const first = this.#marks[0];
    const seconds = first === undefined ? 0 : (ms - first.ms) / 1000;
    if (first === undefined || seconds <= 0) return;
    const text = progressText(
      counters,
      (counters.packets_read - first.packets) / seconds,
      (counters.capture_bytes_read - first.bytes) / seconds,
    );
    this.#terminal.write(`\r${text.slice(0, Math.max(this.#terminal.columns - 1, 0))}\x1b[K`);
    this.#visible = true;
  }

  /** Takes the line away and draws no more. */
  end(): void {
    clearInterval(this.#timer);
    this.hide();
  }

  /** Takes the line away until the next time, so that output can be written. */
  hide(): void {
    if (this.#visible) this.#terminal.write('\r\x1b[K');
    this.#visible = false;
  }
}

/** One progress line, without control characters. */
export function progressText(
  counters: ProgressCounters,
  packetsPerSecond: number,
  bytesPerSecond: number,
): string {
  const rate = `${scaled(counters.packets_read)} packets, ${scaled(packetsPerSecond)}/s`;
  const { capture_bytes_read: read, capture_bytes_total: total } = counters;
  if (total <= 0) return `${scaled(read)}B read, ${rate}`;
  const percent = `${Math.min(Math.floor((100 * read) / total), 100)}`.padStart(3);
  if (read >= total) return `${percent}% ${rate}, finishing`;
  const left = bytesPerSecond > 0 ? Math.ceil((total - read) / bytesPerSecond) : undefined;
  return `${percent}% ${rate}, ${left === undefined ? 'stalled' : `${duration(left)} left`}`;
}

function scaled(n: number): string {
  for (const [size, suffix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (n >= size) return `${(n / size).toFixed(n >= 100 * size ? 0 : 1)}${suffix}`;
  }
  return String(Math.round(n));
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
