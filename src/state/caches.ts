// What the data plane has learned and would have to learn again: opaque bytes that it exports, kept in a sealed file
// for each cache. Written each interval when they changed and at the end, so that a crash costs one interval.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../log.js';
import type { StateDirectory } from './directory.js';
import { readSealed, type SealedKind, writeSealed } from './sealed-file.js';
import type { WriteFailures } from './write-failures.js';

export type CachePlace = 'persistent' | 'volatile' | 'disabled';

/** The side that owns the content. */
export interface CacheContent {
  export(): Uint8Array;
  /** Takes over what was exported, perhaps by an older version; returns the entries that it kept. */
  import(content: Buffer): number;
}

export interface CacheRow extends SealedKind {
  /** Of the file, for example `dns-hints.cache`. */
  readonly name: string;
  readonly place: CachePlace;
  readonly content: CacheContent;
}

export interface CacheFilesOptions {
  readonly persistent: StateDirectory;
  readonly volatile: StateDirectory;
  readonly rows: readonly CacheRow[];
  readonly failures: WriteFailures;
  readonly log: Log;
}

export class CacheFiles {
  readonly #options: CacheFilesOptions;
  /** SHA-256 of what each file holds. */
  readonly #written = new Map<string, string>();
  #saved = Promise.resolve();

  constructor(options: CacheFilesOptions) {
    this.#options = options;
  }

  /** Hands every file to its cache. A file that cannot be used costs its content, never the start. */
  async load(): Promise<void> {
    const { log } = this.#options;
    for (const row of this.#options.rows) {
      const directory = this.#directory(row);
      if (directory === undefined) continue;
      const sealed = await readSealed(directory, row.name, row, log);
      if (sealed === undefined) continue;
      try {
        const entries = row.content.import(sealed.content);
        this.#written.set(row.name, digest(sealed.content));
        log.info({ file: row.name, entries, written_at: sealed.writtenAt }, 'cache loaded');
      } catch (error) {
        await directory.setAside(row.name, (error as Error).message).catch((cause) => {
          log.warn({ file: row.name, err: cause }, 'cache is refused and stays where it is');
        });
      }
    }
  }

  /** Writes what has changed since the last time. Never rejects. One run at a time; more wait their turn. */
  save(): Promise<void> {
    this.#saved = this.#saved.then(() => this.#save());
    return this.#saved;
  }

  async #save(): Promise<void> {
    const { failures } = this.#options;
    for (const row of this.#options.rows) {
      const directory = this.#directory(row);
      if (directory === undefined) continue;
      const file = join(directory.path, row.name);
      try {
        const content = row.content.export();
        const now = digest(content);
        if (this.#written.get(row.name) === now) continue;
        if (content.length > row.limit)
          throw new Error(`the cache has ${content.length} bytes; at most ${row.limit} are kept`);
        await writeSealed(directory, row.name, row, content, { mode: 0o600 });
        this.#written.set(row.name, now);
        failures.succeeded(file);
      } catch (error) {
        failures.failed(file, error);
      }
    }
  }

  #directory({ place }: CacheRow): StateDirectory | undefined {
    return place === 'disabled' ? undefined : this.#options[place];
  }
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('base64');
}
