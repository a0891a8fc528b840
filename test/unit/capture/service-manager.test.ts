// sd_notify and its watchdog against a real datagram socket: Python receives, because Node has no UNIX datagrams.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ServiceManager,
  Watchdog,
  watchdogIntervalMs,
} from '../../../src/capture/service-manager.js';

const receiver = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0'))
print('null', flush=True)
while True: print(json.dumps(s.recv(4096).decode()), flush=True)
`;

class Receiver {
  readonly received: string[] = [];
  readonly #child: ChildProcess;
  #unread = '';

  constructor(path: string) {
    this.#child = spawn('python3', ['-c', receiver, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#unread + text).split('\n');
      this.#unread = lines.pop() ?? '';
      this.received.push(...lines.map((line) => JSON.parse(line)));
    });
  }

  /** Waits for `count` datagrams after the note that the socket is there, and returns them. */
  async take(count: number): Promise<string[]> {
    for (let waited = 0; this.received.length <= count && waited < 5000; waited += 10)
      await sleep(10);
    return this.received.slice(1);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }
}

describe('service manager', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-notify-'));
  const warnings: string[] = [];
  const log = { warn: (_: object, text: string) => warnings.push(text) } as never;
  let receiver: Receiver | undefined;

  beforeEach(() => {
    warnings.length = 0;
  });
  afterEach(async () => {
    await receiver?.close();
    receiver = undefined;
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const path of [join(folder, 'notify'), `@dipper-notify-${process.pid}`]) {
    it(`is told the states of the daemon at ${path.startsWith('@') ? 'an abstract name' : 'a path'}`, async () => {
      receiver = new Receiver(path);
      await receiver.take(0);
      const manager = new ServiceManager(log, { NOTIFY_SOCKET: path });
      assert.ok(manager.present);
      const before = process.hrtime.bigint() / 1000n;
      manager.ready('watching br-lan\nand wan');
      manager.reloading();
      manager.status('reloaded');
      manager.stopping();
      const [ready, reloading, ...rest] = await receiver.take(4);
      assert.equal(ready, 'READY=1\nSTATUS=watching br-lan and wan');
      const [, us] = reloading?.match(/^RELOADING=1\nMONOTONIC_USEC=(\d+)$/) ?? [];
      assert.ok(us && BigInt(us) >= before && BigInt(us) <= process.hrtime.bigint() / 1000n);
      assert.deepEqual(rest, ['STATUS=reloaded', 'STOPPING=1']);
      assert.deepEqual(warnings, []);
    });
  }

  it('is left alone without NOTIFY_SOCKET', () => {
    const manager = new ServiceManager(log, {});
    manager.ready();
    assert.ok(!manager.present);
    assert.deepEqual(warnings, []);
  });

  it('that does not answer is said once', () => {
    const manager = new ServiceManager(log, { NOTIFY_SOCKET: join(folder, 'nobody') });
    manager.ready();
    manager.watchdog();
    assert.deepEqual(warnings, ['the service manager cannot be reached']);
    new ServiceManager(log, { NOTIFY_SOCKET: `/${'x'.repeat(200)}` }).ready();
    assert.equal(warnings.length, 2);
  });

  it('has its watchdog fed while the workers advance, and only then', async () => {
    const path = join(folder, 'watchdog');
    receiver = new Receiver(path);
    await receiver.take(0);
    const manager = new ServiceManager(log, { NOTIFY_SOCKET: path });
    let packets = 0;
    let moving = true;
    let seen = 0;
    const advanced = () => {
      if (moving) packets += 1;
      const answer = packets > seen;
      seen = packets;
      return answer;
    };
    const watchdog = new Watchdog({ manager, log, advanced, intervalMs: 40 });
    watchdog.start();
    watchdog.start();
    assert.deepEqual((await receiver.take(3)).slice(0, 3), Array(3).fill('WATCHDOG=1'));
    moving = false;
    await sleep(60);
    const fed = receiver.received.length;
    await sleep(150);
    assert.equal(receiver.received.length, fed, 'a stuck worker is not reported as well');
    assert.equal(warnings.filter((text) => text.includes('does not advance')).length, 1);
    moving = true;
    assert.ok((await receiver.take(fed + 1)).length > fed);
    watchdog.close();
    watchdog.close();
  });

  it('has no watchdog unless it says so to this process', () => {
    assert.equal(watchdogIntervalMs({}, 7), undefined);
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: 'soon' }, 7), undefined);
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '0' }, 7), undefined);
    assert.equal(
      watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7),
      undefined,
    );
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7), 30_000);
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000' }, 7), 30_000);
  });
});
