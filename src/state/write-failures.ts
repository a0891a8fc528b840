// What could not be written: counted each time, said once, and said again when it works. A full disk must not fill
// the log as well.
import type { Log } from '../log.js';

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room; the next interval tries again',
  EDQUOT: 'the quota is used up: make room; the next interval tries again',
  EROFS: 'the file system is read-only: choose another folder',
  EACCES: 'permission denied: chown the folder to the user of dipperd',
};

export class WriteFailures {
  readonly #log: Log;
  readonly #failing = new Map<string, string>();
  #total = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Since the start. */
  get total(): number {
    return this.#total;
  }

  failed(file: string, error: unknown): void {
    this.#total += 1;
    const { code, message } = error as NodeJS.ErrnoException;
    const kind = code ?? message;
    if (this.#failing.get(file) === kind) return;
    this.#failing.set(file, kind);
    this.#log.error({ file, err: error, advice: advice[kind] }, 'state file not written');
  }

  succeeded(file: string): void {
    if (this.#failing.delete(file)) this.#log.info({ file }, 'state file is written again');
  }
}
