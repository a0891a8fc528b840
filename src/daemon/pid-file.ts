// The PID file: decimal PID and a newline, locked as long as the daemon runs. The lock decides, not the number: a file
// that a killed daemon left behind stops nobody, and a PID that the system gave to another program misleads nobody.
import { closeSync, ftruncateSync, unlinkSync } from 'node:fs';
import { loadAddon } from '../addon.js';
import { DipperError } from '../errors.js';

export class PidFile {
  readonly path: string;
  #descriptor: number | undefined;

  /** Throws ERR_PID_FILE when another process holds `path` (the message names it) or it cannot be written. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = loadAddon().lockPidFile(path);
    } catch (cause) {
      const { message, holder } = cause as Error & { holder?: number };
      throw new DipperError(
        'ERR_PID_FILE',
        holder
          ? `dipperd runs already as process ${holder} (${path}); stop that one, or give this one other paths`
          : `the PID file cannot be taken: ${message}; check that its folder exists and may be written`,
        { cause },
      );
    }
  }

  /** Removes the file and lets go of the lock. Idempotent. */
  close(): void {
    if (this.#descriptor === undefined) return;
    try {
      unlinkSync(this.path);
    } catch {
      // Privileges were dropped and the folder is root's: an empty file names no process either.
      ftruncateSync(this.#descriptor);
    }
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The PID of the daemon that holds `path`, undefined when none runs. */
export function runningPid(path: string): number | undefined {
  return loadAddon().pidFileHolder(path) || undefined;
}
