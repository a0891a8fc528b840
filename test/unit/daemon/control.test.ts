// The control socket over real connections: answers, refusals, bounds, and its file's mode.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDaemon, ControlSocket } from '../../../src/daemon/control.js';
import { DipperError } from '../../../src/errors.js';
import { createLog } from '../../../src/log.js';

describe('control socket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-control-'));
  const path = join(folder, 'control.sock');
  let control: ControlSocket;
  before(async () => {
    control = new ControlSocket(
      path,
      {
        status: async () => ({ ok: true, message: 'fine', data: { flows: 3 } }),
        fail: () => Promise.reject(new DipperError('ERR_SYSTEM', 'no memory')),
      },
      createLog('silent'),
    );
    await control.listen();
  });
  after(async () => {
    await control.close();
    rmSync(folder, { recursive: true });
  });

  const raw = async (text: string): Promise<string> =>
    await new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(path, () => socket.end(text));
      socket.on('data', (part) => {
        answer += part.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET') reject(error); // closed before it was read: also an end
      });
    });

  it('is for its owner alone', () => assert.equal(statSync(path).mode & 0o777, 0o600));

  it('answers', async () => {
    assert.deepEqual(await askDaemon(path, 'status'), {
      ok: true,
      message: 'fine',
      data: { flows: 3 },
    });
  });

  it('says what failed', async () => {
    assert.deepEqual(await askDaemon(path, 'fail'), { ok: false, message: 'no memory' });
  });

  it('refuses what it does not know, by name', async () => {
    for (const command of ['reboot', 'toString']) {
      const { ok, message } = await askDaemon(path, command);
      assert.equal(ok, false);
      assert.equal(message, `no command is called "${command}": status, fail`);
    }
    for (const text of ['x\n', 'null\n', '[]\n', `${'x'.repeat(5000)}`])
      assert.equal((JSON.parse(await raw(text)) as { ok: boolean }).ok, false);
  });

  it('has a bound on connections', async () => {
    const idle = Array.from({ length: 32 }, () => connect(path));
    await Promise.all(idle.map((socket) => new Promise((r) => socket.once('connect', r))));
    assert.equal(await raw('{"command":"status"}\n'), '');
    for (const socket of idle) socket.destroy();
    await Promise.all(idle.map((socket) => new Promise((r) => socket.once('close', r))));
    await new Promise((r) => setTimeout(r, 20));
    assert.equal((await askDaemon(path, 'status')).ok, true);
  });

  it('says when nobody is there', async () => {
    await assert.rejects(askDaemon(join(folder, 'none.sock'), 'status'), (error: DipperError) => {
      assert.equal(error.exitCode, 69);
      return /none\.sock: .*is dipperd running/.test(error.message);
    });
  });

  it('takes its file with it', async () => {
    await control.close();
    assert.equal(existsSync(path), false);
    await control.listen();
  });
});
