// The PID file's lock between real processes: a second one is refused, a killed one is not in the way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PidFile, runningPid } from '../../../src/daemon/pid-file.js';

const module = new URL('../../../src/daemon/pid-file.js', import.meta.url).href;

/** Another process that holds the file at `path`. */
async function holder(path: string) {
  const program = `import(${JSON.stringify(module)}).then(({ PidFile }) => {
    globalThis.file = new PidFile(${JSON.stringify(path)});
    console.log('held');
    setInterval(() => {}, 1000);
  })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.equal(String(await once(child.stdout, 'data')), 'held\n');
  return child;
}

describe('PID file', function () {
  this.timeout(20_000);
  const folder = mkdtempSync(join(tmpdir(), 'dipper-pid-'));
  const path = join(folder, 'dipperd.pid');
  after(() => rmSync(folder, { recursive: true }));

  it('holds the number and a newline, and goes at the end', () => {
    writeFileSync(path, '999999999 left behind\n');
    const file = new PidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    assert.equal(runningPid(path), process.pid);
    file.close();
    file.close();
    assert.ok(!existsSync(path));
    assert.equal(runningPid(path), undefined);
  });

  it('refuses a second process by name of the first', async () => {
    const first = await holder(path);
    assert.throws(() => new PidFile(path), {
      code: 'ERR_PID_FILE',
      exitCode: 73,
      message: `dipperd runs already as process ${first.pid} (${path}); stop that one, or give this one other paths`,
    });
    assert.equal(readFileSync(path, 'utf8'), `${first.pid}\n`, 'the file is not touched');
    assert.equal(runningPid(path), first.pid);
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.ok(existsSync(path));
    assert.equal(runningPid(path), undefined, 'a stale file names nobody');
    new PidFile(path).close();
  });

  it('is not written through a link, and a missing folder is named', () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(folder, 'link'));
    assert.throws(() => new PidFile(join(folder, 'link')), { code: 'ERR_PID_FILE' });
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.throws(() => new PidFile(join(folder, 'none', 'dipperd.pid')), /No such file/);
  });
});
