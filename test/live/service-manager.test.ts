// What a service manager hears: READY when all is open, WATCHDOG while workers move although nothing passes, RELOADING,
// STOPPING. The receiver is a datagram socket of socat's, as systemd's is one.
import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dipperd } from './dipperd.js';
import { Namespaces } from './namespaces.js';

describe('dipperd and a service manager', function () {
  this.timeout(60_000);
  const net = new Namespaces();
  after(async () => await net.close());

  it('is told ready, watchdog, reloading and stopping', async () => {
    const place = net.add('sd');
    net.ip(place, 'link add quiet0 type bridge');
    net.ip(place, 'link set quiet0 up');
    const path = join(net.folder, 'notify.sock');
    const receiver = net.start(place, ['socat', '-u', `UNIX-RECVFROM:${path},fork`, 'STDOUT']);
    let heard = '';
    receiver.stdout?.on('data', (text: Buffer) => {
      heard += `${text.toString()}\n`;
    });
    while (!existsSync(path)) await sleep(20);
    chmodSync(path, 0o666); // the daemon is not root any more when it speaks
    const daemon = new Dipperd(net, place, ['-E', 'quiet0', '-t'], {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '2000000',
    });
    await daemon.start();
    await sleep(5500);
    const fed = heard.match(/^WATCHDOG=1$/gm)?.length ?? 0;
    assert.ok(fed >= 2, `the watchdog was fed ${fed} times: ${heard}`);
    assert.match(heard, /^READY=1$/m);
    daemon.signal('SIGHUP');
    await sleep(1000);
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await sleep(300);
    assert.match(heard, /^RELOADING=1$/m);
    assert.match(heard, /^MONOTONIC_USEC=\d+$/m);
    assert.ok((heard.match(/^READY=1$/gm)?.length ?? 0) >= 2, heard);
    assert.match(heard, /^STOPPING=1$/m);
  });
});
