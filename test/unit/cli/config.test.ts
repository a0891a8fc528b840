// `dipper config` as its users have it: the real program on real files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

describe('dipper config', function () {
  this.timeout(20_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dipper-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function dipper(args: readonly string[], environment: Record<string, string> = {}) {
    const env = { PATH: process.env.PATH ?? '', ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'config', ...args], {
      encoding: 'utf8',
      env,
    });
    return { status, stdout, stderr: stderr.replaceAll(folder, '') };
  }

  function file(name: string, text: string): string {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  }

  it('checks a file: 0, or 78 with every problem', () => {
    const good = dipper(['check', file('good', '[netifyd]\nenable_sink = no\n')]);
    assert.equal(good.status, 0);
    assert.match(good.stdout, /good: no problem\n$/);
    assert.equal(
      good.stderr,
      'dipper: /good:2: enable_sink has no meaning here: nothing is uploaded\n',
    );
    const bad = dipper([
      'check',
      file('bad', '[socket]\nlisten_adress[0] = ::1\nmax_clients = 0\n'),
    ]);
    assert.equal(bad.status, 78);
    assert.equal(bad.stdout, '');
    assert.deepEqual(bad.stderr.split('\n'), [
      'dipper: the configuration has 2 problems:',
      '/bad:2: [socket] has no key `listen_adress`; did you mean `listen_address`?',
      '/bad:3: `socket.max_clients` is 0; it must be from 1 to 4096 clients',
      '',
    ]);
    assert.equal(dipper(['check', join(folder, 'none')]).status, 78);
  });

  it('compiles packet filters as the daemon does', () => {
    const lines = ['[capture-interface-lo]', 'filter = tcp prot 80'];
    const bad = dipper(['check', file('filter', `${lines.join('\n')}\n`)]);
    assert.equal(bad.status, 78);
    assert.match(bad.stderr, /\/filter:2: `capture-interface-lo\.filter` is refused: /);
    const good = file('filter', '[capture-interface-lo]\nfilter = tcp port 80\n');
    assert.equal(dipper(['check', good]).status, 0);
  });

  it('shows what holds, and where it is from', () => {
    const path = file('shown', '[dipperd]\nupdate_interval = 30\n');
    const environment = { DIPPER_CONFIG: path, DIPPER_MAX_FLOWS: '9' };
    const shown = dipper(['show', '--origin'], environment);
    assert.equal(shown.status, 0);
    assert.match(shown.stdout, /^update_interval = 30 +; .*shown:2$/m);
    assert.match(shown.stdout, /^max_flows = 9 +; DIPPER_MAX_FLOWS$/m);
    const json = dipper(['show', '--json', '-c', path]);
    assert.equal(JSON.parse(json.stdout).config.dipperd.update_interval, 30);
  });

  it('prints a sample that it accepts', () => {
    const sample = dipper(['sample']);
    assert.equal(sample.status, 0);
    const checked = dipper(['check', file('sample', sample.stdout)]);
    assert.deepEqual([checked.status, checked.stderr], [0, '']);
  });

  it('helps, and names the command that was meant', () => {
    assert.match(dipper(['--help']).stdout, /Usage: dipper config COMMAND/);
    assert.match(dipper(['show', '--help']).stdout, /Usage: dipper config show/);
    const none = dipper([]);
    assert.deepEqual([none.status, none.stdout], [64, '']);
    assert.match(none.stderr, /say which of show, sample, check/);
    const wrong = dipper(['chekc']);
    assert.equal(wrong.status, 64);
    assert.match(wrong.stderr, /did you mean check\? see `dipper config --help`/);
    assert.equal(dipper(['sample', 'x']).status, 64);
    const help = spawnSync(process.execPath, [main, 'help', 'config', 'check'], {
      encoding: 'utf8',
    });
    assert.match(help.stdout, /Usage: dipper config check/);
  });
});
