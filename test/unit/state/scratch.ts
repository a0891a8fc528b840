// A folder of its own for a test, and a log that keeps what was said.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Log } from '../../../src/log.js';

export interface Said {
  level: number;
  msg: string;
  [key: string]: unknown;
}

export class Scratch {
  readonly path: string;
  readonly said: Said[] = [];
  readonly log: Log = createLog('debug', {
    write: (line) => void this.said.push(JSON.parse(line) as Said),
  });

  /** `memory`: on a file system in memory where there is one. */
  constructor(memory = false) {
    const parent = memory && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    this.path = mkdtempSync(join(parent, 'dipper-state-'));
  }

  in(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** What was said at `warn` or above. */
  complaints(): string[] {
    return this.said.filter(({ level }) => level >= 40).map(({ msg }) => msg);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
