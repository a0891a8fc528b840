// The manual pages name what the programs understand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const page = (name: string) => readFileSync(`${root}docs/man/${name}`, 'utf8');

describe('manual pages', () => {
  it('dipper.1 has every command', () => {
    const { stdout } = spawnSync(process.execPath, [`${root}dist/src/cli/main.js`, '--help'], {
      encoding: 'utf8',
    });
    const list = stdout.match(/^Commands:\n((?: {2}\S.*\n)+)/m)?.[1] ?? '';
    const commands = [...list.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1]);
    assert.ok(commands.includes('spy'));
    const described = [...page('dipper.1').matchAll(/^\.It Cm (\S+)$/gm)].map((match) => match[1]);
    assert.deepEqual(
      commands.filter((command) => !described.includes(command)),
      [],
    );
  });
});
