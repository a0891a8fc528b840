// The files for service managers, judged by the tools that will read them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const etc = fileURLToPath(new URL('../../../etc/', import.meta.url));
const unit = join(etc, 'systemd/dipperd.service');

const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

describe('packaging', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-etc-'));
  after(() => rmSync(folder, { recursive: true }));

  it('has a unit with an exposure of 3.0 at most', () => {
    const { output } = run('systemd-analyze', 'security', '--offline=true', '--no-pager', unit);
    const level = Number(output.match(/Overall exposure level for \S+: ([\d.]+) OK/)?.[1]);
    assert.ok(level <= 3, output);
  });

  it('has a unit without unknown settings', () => {
    const copy = join(folder, 'dipperd.service');
    const text = readFileSync(unit, 'utf8');
    // Neither the program nor its manual page are installed here.
    writeFileSync(copy, text.replace('/usr/bin/dipperd', '/bin/true').replace(/^Doc.*\n/m, ''));
    const { status, output } = run('systemd-analyze', 'verify', '--man=no', copy);
    assert.equal(status, 0, output);
    assert.equal(output, '');
  });

  it('makes the user and its folders', () => {
    const root = join(folder, 'root');
    mkdirSync(join(root, 'etc'), { recursive: true });
    const users = run('systemd-sysusers', `--root=${root}`, join(etc, 'sysusers.d/dipperd.conf'));
    assert.equal(users.status, 0, users.output);
    const entry = readFileSync(join(root, 'etc/passwd'), 'utf8').match(
      /^dipperd:x:(\d+):(\d+):Deep packet inspection daemon:\/var\/lib\/dipperd:\/usr\/sbin\/nologin$/m,
    );
    assert.ok(entry);
    const folders = run(
      'systemd-tmpfiles',
      '--create',
      `--root=${root}`,
      join(etc, 'tmpfiles.d/dipperd.conf'),
    );
    assert.equal(folders.status, 0, folders.output);
    for (const path of ['run/dipperd', 'var/lib/dipperd']) {
      const { uid, gid, mode } = statSync(join(root, path));
      assert.deepEqual([uid, gid, mode & 0o777], [Number(entry[1]), Number(entry[2]), 0o750]);
    }
  });

  it('has an init script that shellcheck has nothing to say about', () => {
    const { output } = run('shellcheck', '--shell=dash', join(etc, 'openwrt/dipperd.init'));
    assert.equal(output, '');
  });

  for (const page of ['dipperd.8', 'dipper.1'])
    it(`has a manual page ${page} without faults`, () => {
      const path = fileURLToPath(new URL(`../../../docs/man/${page}`, import.meta.url));
      assert.equal(run('mandoc', '-T', 'lint', '-W', 'warning', path).output, '');
    });
});
