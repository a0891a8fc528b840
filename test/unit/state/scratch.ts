// A folder of its own for a test, and a log that keeps what was said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Log } from '../../../src/log.js';

export interface Said {
  level: number;
  msg: string;
  [key: string]: unknown;
}

export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'dipper-state-'));
  readonly said: Said[] = [];
  readonly log: Log = createLog('debug', {
    write: (line) => void this.said.push(JSON.parse(line) as Said),
  });

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
