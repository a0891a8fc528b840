// Real clients that tests drive. `npm test` installs them as root, and says by name what it left out without.
import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';

/** Skips the running test where one of the programs is not installed: it then counts as pending. */
export function needsPrograms(test: Context, ...programs: readonly string[]): void {
  const missing = (program: string) =>
    spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status !== 0;
  if (programs.some(missing)) test.skip();
}
