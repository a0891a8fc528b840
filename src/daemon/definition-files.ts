// Whether definition files have changed. The kernel says that something happened in their folders (inotify); what is there
// then, by name, size, time and inode, says whether it matters: editors write beside a file and rename, and touch it twice.
// A folder that is not there yet is waited for in the nearest one above it.
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../log.js';

/** Silence after an event before anything is read. */
const settleMs = 300;
/** Under a steady stream of events it is read all the same. */
const longestWaitMs = 3000;
/** Network file systems and some overlays tell nothing. */
const lookMs = 30_000;

export interface DefinitionFilesOptions {
  /** Called when the files differ from how take() saw them. Never two at a time. */
  readonly changed: () => Promise<void>;
  readonly log: Log;
}

export class DefinitionFiles {
  readonly #options: DefinitionFilesOptions;
  #watchers = new Map<string, FSWatcher>();
  #directories: readonly string[] = [];
  #files: readonly string[] = [];
  #seen = '';
  #settle: NodeJS.Timeout | undefined;
  #firstEvent = 0;
  #look: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DefinitionFilesOptions) {
    this.#options = options;
  }

  /** What is to be watched from now on: folders, and single files. */
  async watch(directories: readonly string[], files: readonly string[]): Promise<void> {
    this.#directories = directories;
    this.#files = files;
    await this.take();
    clearInterval(this.#look);
    this.#look = setInterval(() => this.#event(), lookMs);
    this.#look.unref();
    await this.#arm();
  }

  /** The files as they are now have been read, or are about to be. */
  async take(): Promise<void> {
    this.#seen = await this.#fingerprint();
  }

  /** Whether the files differ from how take() saw them. */
  async differ(): Promise<boolean> {
    return (await this.#fingerprint()) !== this.#seen;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#settle);
    clearInterval(this.#look);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #event(): void {
    if (this.#closed) return;
    const now = Date.now();
    if (this.#settle === undefined) this.#firstEvent = now;
    clearTimeout(this.#settle);
    const wait = Math.max(0, Math.min(settleMs, this.#firstEvent + longestWaitMs - now));
    this.#settle = setTimeout(() => {
      this.#settle = undefined;
      this.#working = this.#working.then(async () => await this.#compare());
    }, wait);
  }

  async #compare(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#arm();
      const now = await this.#fingerprint();
      if (now === this.#seen) return;
      this.#seen = now;
      await this.#options.changed();
    } catch (err) {
      this.#options.log.error({ err }, 'definition files: a change could not be followed');
    }
  }

  /** Watchers for exactly the folders that are to be watched now. */
  async #arm(): Promise<void> {
    const wanted = new Set<string>();
    for (const folder of [...this.#directories, ...this.#files.map((file) => dirname(file))])
      wanted.add(await nearest(folder));
    if (this.#closed) return;
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#open(folder);
  }

  #open(folder: string): void {
    const gone = (): void => {
      this.#watchers.get(folder)?.close();
      this.#watchers.delete(folder);
      this.#event(); // arms again, with what is there then
    };
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        // The folder itself was renamed or removed: the watcher follows the inode, not the path.
        if (event === 'rename' && (name === null || folder.endsWith(`/${name}`))) gone();
        else this.#event();
      });
      watcher.on('error', gone);
      this.#watchers.set(folder, watcher);
    } catch (err) {
      this.#options.log.warn({ err, folder }, 'definition files: a folder cannot be watched');
    }
  }

  async #fingerprint(): Promise<string> {
    const paths = [...this.#files];
    for (const folder of this.#directories) {
      const names = await readdir(folder).catch(() => []);
      paths.push(...names.sort().map((name) => join(folder, name)));
    }
    const rows = await Promise.all(
      paths.map(async (path) => {
        const at = await stat(path).catch(() => undefined);
        return at === undefined
          ? `${path} gone`
          : `${path} ${at.ino} ${at.size} ${at.mtimeMs} ${at.ctimeMs}`;
      }),
    );
    return rows.join('\n');
  }
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const there = await stat(at).catch(() => undefined);
    if (there?.isDirectory() || at === dirname(at)) return at;
  }
}
