// A file of others that is read now and whenever it changes: written anew, replaced by rename, gone, back again. It is looked
// at by its status, once a second, because what stands at a path may change in any way, and the path itself may not exist yet.
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Log } from '../log.js';
import { readBounded } from '../state/bounded-read.js';

export interface FollowedFileOptions {
  /** Most bytes; a larger file is refused. */
  readonly limit: number;
  /** What the file holds now; undefined: there is none. What it throws is said, and what was before stays in force. */
  readonly changed: (content: Buffer | undefined) => Promise<void> | void;
  /** Whether a change is waited out for one more look: large files are not whole at once. */
  readonly settle?: boolean;
  /** Whether it is worth a word that there is none. */
  readonly expected?: boolean;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  readonly periodMs?: number;
}

const none = 'none';

export class FollowedFile {
  readonly path: string;
  readonly #options: FollowedFileOptions;
  readonly #timer: NodeJS.Timeout;
  /** Of what was last read, or found not to be there. */
  #read = '';
  /** At the last look. */
  #seen = '';
  #looking: Promise<void> | undefined;
  #isClosed = false;

  /** Reads the file a first time before it resolves; never rejects. */
  static async open(path: string, options: FollowedFileOptions): Promise<FollowedFile> {
    const file = new FollowedFile(path, options);
    await file.look(true);
    return file;
  }

  private constructor(path: string, options: FollowedFileOptions) {
    this.path = path;
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.periodMs ?? 1000);
    this.#timer.unref();
  }

  /** Looks whether it has changed. `now`: without waiting for it to settle. One look at a time. */
  look(now = false): Promise<void> {
    this.#looking ??= this.#look(now).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #look(now: boolean): Promise<void> {
    const mark = await markOf(this.path);
    const isSettled = mark === this.#seen || now || this.#options.settle !== true || mark === none;
    this.#seen = mark;
    if (mark === this.#read || !isSettled || this.#isClosed) return;
    const before = this.#read;
    this.#read = mark; // read once: what is refused is refused until it changes again
    const { limit, changed, expected, log } = this.#options;
    const { path } = this;
    try {
      const content = mark === none ? undefined : await readBounded(path, { limit, follow: true });
      if (this.#isClosed) return;
      await changed(content);
      if (content === undefined && (expected || before !== ''))
        log.warn({ path }, `${path}: is not there`);
      if (content !== undefined && before !== '') log.debug({ path }, `${path}: read again`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const kept = before === '' || before === none ? '' : '; what was read before stays in force';
      log.warn({ path }, `${path}: ${reason}${kept}`);
    }
  }
}

/** Another text whenever what stands at `path` is another, or is written. */
async function markOf(path: string): Promise<string> {
  let about: BigIntStats;
  try {
    about = await stat(path, { bigint: true });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? none : `${error}`;
  }
  return [about.dev, about.ino, about.size, about.mtimeNs, about.ctimeNs].join();
}
