// Flows by interface, as text on disk: in memory is only what is on its way there. For the `flows` of json_save.
import { closeSync } from 'node:fs';
import { Appender } from './appender.js';
import type { StateDirectory } from './directory.js';

/** Each source is one of the configuration; more than that many would be a defect. */
const mostInterfaces = 256;

const separator = Buffer.from(',\n');

interface Row {
  readonly descriptor: number;
  readonly appender: Appender;
}

export class FlowCollection {
  readonly #directory: StateDirectory;
  readonly #limit: number;
  readonly #rows = new Map<string, Row>();
  #bytes = 0;

  /** Keeps at most `limit` bytes. */
  constructor(directory: StateDirectory, limit: number) {
    this.#directory = directory;
    this.#limit = limit;
  }

  /** The interfaces as JSON text. */
  get interfaces(): Iterable<string> {
    return this.#rows.keys();
  }

  /** False when there is no room for it. Throws the system's error when no file can be made. */
  add(name: string, flow: Uint8Array): boolean {
    if (this.#bytes + flow.length > this.#limit) return false;
    let row = this.#rows.get(name);
    if (row === undefined) {
      if (this.#rows.size >= mostInterfaces) return false;
      const descriptor = this.#directory.anonymous();
      row = { descriptor, appender: new Appender(descriptor) };
      this.#rows.set(name, row);
    }
    this.#bytes += flow.length;
    row.appender.append(separator);
    row.appender.append(flow);
    return true;
  }

  /** Appends the flows of an interface to `file`, each after `,\n`; `first`: without the first comma. */
  async copyTo(file: Appender, name: string, first: boolean): Promise<boolean> {
    const row = this.#rows.get(name);
    if (row === undefined) return false;
    await row.appender.copyTo(file, first ? 1 : 0);
    return true;
  }

  /** Idempotent. Waits for what is on its way: a descriptor that is closed too early may be another file's by then. */
  async close(): Promise<void> {
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    for (const { descriptor, appender } of rows) {
      await appender.settle().catch(() => {}); // its error belongs to who wanted the data
      closeSync(descriptor);
    }
  }
}
