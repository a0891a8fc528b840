// Snapshots of all live flows, from every engine, for whoever asks (a client that connects, json_save). One is taken
// at a time; those who ask meanwhile share the next one, so that a hundred clients that reconnect cost two sweeps.

/** An engine as a snapshot sees it: asked to begin, it answers through line() and end() of the broker. */
export interface SnapshotEngine {
  snapshot(id: number): void;
}

interface Receiver {
  onLines: (lines: Buffer) => void;
  resolve: () => void;
  signal: AbortSignal | undefined;
}

export class SnapshotBroker {
  readonly #engines: () => Iterable<SnapshotEngine>;
  #nextId = 1;
  #waiting: Receiver[] = [];
  #active: { id: number; receivers: Receiver[]; pending: Set<SnapshotEngine> } | undefined;

  constructor(engines: () => Iterable<SnapshotEngine>) {
    this.#engines = engines;
  }

  /** Every live flow as a line, `established` true; resolves after the last one. Aborted: no more lines, resolves. */
  take(onLines: (lines: Buffer) => void, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      this.#waiting.push({ onLines, resolve, signal });
      if (this.#active === undefined) this.#begin();
    });
  }

  /** A line of snapshot `id`. */
  line(id: number, line: Buffer): void {
    if (this.#active?.id !== id) return;
    for (const receiver of this.#active.receivers)
      if (!receiver.signal?.aborted) receiver.onLines(line);
  }

  /** `engine` has nothing more for snapshot `id`, or is gone (`id` undefined). */
  end(engine: SnapshotEngine, id?: number): void {
    const active = this.#active;
    if (active === undefined || (id !== undefined && active.id !== id)) return;
    active.pending.delete(engine);
    if (active.pending.size === 0) this.#finish();
  }

  #begin(): void {
    const receivers = this.#waiting.filter(({ signal, resolve }) => {
      if (!signal?.aborted) return true;
      resolve();
      return false;
    });
    this.#waiting = [];
    if (receivers.length === 0) return;
    const id = this.#nextId++;
    const pending = new Set(this.#engines());
    this.#active = { id, receivers, pending };
    if (pending.size === 0) this.#finish();
    // An engine may answer, or turn out to be gone, within the call.
    for (const engine of [...pending]) engine.snapshot(id);
  }

  #finish(): void {
    const receivers = this.#active?.receivers ?? [];
    this.#active = undefined;
    for (const { resolve } of receivers) resolve();
    if (this.#waiting.length > 0) this.#begin();
  }
}
