// The manual pages name what the programs understand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { optionRows } from '../../../src/config/command-line-options.js';

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

  it('dipperd.8 has every option that means something, and no other', () => {
    const flags = (line: string) =>
      [...line.matchAll(/Fl (-?[\w-]+)/g)].map((match) => match[1] ?? '');
    const described = [...page('dipperd.8').matchAll(/^\.It (Fl .*)$/gm)].flatMap((match) =>
      flags(match[1] ?? ''),
    );
    const known = optionRows
      .filter(({ help }) => help !== undefined)
      .flatMap(({ short, long }) => [
        ...(short === undefined ? [] : [short]),
        ...long.map((name) => `-${name}`),
      ]);
    assert.deepEqual(described.sort(), known.sort());
  });

  it('dipperd.8 gives an argument where the option has one', () => {
    const text = page('dipperd.8');
    for (const { long, argument, help } of optionRows) {
      if (help === undefined) continue;
      for (const name of long)
        assert.equal(
          new RegExp(`^\\.It .*Fl -${name}( Ar \\S+)?`, 'm').exec(text)?.[1],
          argument && ` Ar ${argument}`,
          name,
        );
    }
  });
});
