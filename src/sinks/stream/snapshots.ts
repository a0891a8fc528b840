// Snapshots of the live flows for clients that asked. One is made at a time, for all who wait when it begins: a
// hundred clients that connect together cost the engine one.
import { Batch, portions } from './batch.js';
import type { StreamClient } from './client.js';

/**
 * Asks for the live flows: `onLines` gets them as whole lines, the result resolves after the last. Where a promise
 * comes back from `onLines`, whoever can wait should: nobody has room for more just now.
 *
 * Order: what `onLines` and `StreamServer.publish` get must be in the order in which the engine said it. Then each
 * flow's line comes before every later event of that flow, because the engine writes both in one stream.
 */
export type SnapshotSource = (
  onLines: (lines: Buffer) => Promise<void> | undefined,
  signal: AbortSignal,
) => Promise<void>;

const portionBytes = 256 * 1024;
const nothing = Buffer.alloc(0);

export class Snapshots {
  made = 0;
  failed = 0;
  readonly #source: SnapshotSource;
  readonly #sequence: () => number;
  readonly #scheduleFlush: () => void;
  readonly #failure: (error: unknown) => void;
  /** Copies of lines that have come since the last `settle`. */
  #lines: Buffer[] = [];
  #bytes = 0;
  #flows = 0;
  #waiting = new Set<StreamClient>();
  #served = new Set<StreamClient>();
  #controller: AbortController | undefined;

  constructor(
    source: SnapshotSource,
    sequence: () => number,
    scheduleFlush: () => void,
    failure: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#sequence = sequence;
    this.#scheduleFlush = scheduleFlush;
    this.#failure = failure;
  }

  /** Whether `client` gets one; not when it waits for one already. */
  request(client: StreamClient): boolean {
    if (this.#waiting.has(client) || this.#served.has(client)) return false;
    this.#waiting.add(client);
    if (this.#controller === undefined) void this.#run();
    return true;
  }

  forget(client: StreamClient): void {
    this.#waiting.delete(client);
    if (!this.#served.delete(client) || this.#served.size > 0) return;
    this.#lines = [];
    this.#bytes = 0;
    this.#controller?.abort();
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#served = this.#waiting;
      this.#waiting = new Set();
      await this.#one(controller.signal);
      this.#served.clear();
    }
    this.#controller = undefined;
  }

  /** Numbers and frames the lines that have come, so that what is published now comes after them. */
  settle(): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines.length === 1 ? this.#lines[0] : Buffer.concat(this.#lines);
    this.#lines = [];
    this.#bytes = 0;
    for (const portion of portions(lines ?? nothing, portionBytes)) {
      const batch = new Batch(portion, this.#sequence(), 0, 'snapshot_end');
      this.#flows += batch.count;
      for (const client of this.#served) client.send(batch, true);
    }
  }

  async #one(signal: AbortSignal): Promise<void> {
    this.#flows = 0;
    const onLines = (lines: Buffer) => {
      if (signal.aborted) return undefined;
      this.#lines.push(Buffer.from(lines));
      this.#bytes += lines.length;
      if (this.#bytes >= portionBytes) this.settle();
      this.#scheduleFlush();
      // The quickest decides: one that stalls meets its own bound and holds up nobody.
      for (const client of this.#served) if (client.hasRoom) return undefined;
      return Promise.race([...this.#served].map((client) => client.room()));
    };
    let last: object;
    try {
      await this.#source(onLines, signal);
      this.made += 1;
      this.settle();
      last = { type: 'snapshot_end', flows: this.#flows };
    } catch (error) {
      if (signal.aborted) return;
      this.settle();
      this.failed += 1;
      this.#failure(error);
      last = {
        type: 'error',
        code: 'snapshot_failed',
        message: 'the live flows could not be listed; ask again with {"snapshot": true}',
      };
    }
    for (const client of this.#served) client.tell(last, this.#sequence());
    this.#scheduleFlush();
  }
}
