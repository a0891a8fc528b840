// The source `cap`: packets through a child process, whose end is survived.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CapSource } from '../../src/ndpi-node.js';
import { CaptureRun, total } from './capture-run.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

function built(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

describe('source cap', function () {
  this.timeout(60_000);
  const ns = new Namespaces();
  let here = '';
  let there = '';
  let path = '';

  before(function () {
    if (!built()) this.skip(); // an optional dependency
    here = ns.add('a');
    there = ns.add('b');
    for (const name of [here, there])
      ns.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    ns.link(here, 'a0', there, 'b0');
    path = writePcap(
      join(ns.folder, 'ten.pcap'),
      Array.from({ length: 10 }, (_, i) => udpFrame(i % 5, i >= 5, { payload: 100 * i })),
    );
  });
  after(async () => await ns.close());

  const capture = (source: Partial<CapSource> = {}) =>
    new CaptureRun(ns, there, {
      engines: [{ source: { type: 'cap', interface: 'b0', ...source } }],
    });
  const send = () => ns.run(here, 'tcpreplay', '-q', '-i', 'a0', '--topspeed', path);
  /** The package tells nobody when it has begun: packets are sent until the first is seen. */
  async function begin(run: CaptureRun, least = 1): Promise<number> {
    const end = Date.now() + 15_000;
    for (;;) {
      send();
      try {
        const status = await run.until(
          'a packet',
          (all) => total(all, 'packets_read') >= least,
          200,
        );
        await sleep(100);
        return total(status, 'packets_read');
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }
  const children = (parent: number | undefined) =>
    execFileSync('pgrep', ['-P', String(parent)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);

  it('sees the same packets as were sent, with times of its own', async () => {
    const run = capture();
    await begin(run);
    await sleep(200);
    const before = total(await run.until('', () => true), 'packets_read');
    send();
    const status = await run.packets(before + 10);
    const first = total(status, 'first_packet_ns') / 1e6;
    assert.ok(Math.abs(first - Date.now()) < 10_000, 'the clock on the wall');
    const { flows, status: end } = await run.stop();
    assert.equal(flows.flat().length, 5);
    assert.equal(total(end, 'packets_read') % 10, 0, 'none lost among so few');
    assert.equal(end[0]?.drops, null, 'it cannot tell');
  });

  it('survives the end of its process when the link goes down', async () => {
    const run = capture({ filter: 'udp' });
    const before = await begin(run);
    for (const reopened of [1, 2]) {
      ns.ip(there, 'link set b0 down');
      await run.state('down', 5000);
      const { problem } =
        (await run.until('a reason', ([one]) => one?.problem !== undefined))[0] ?? {};
      assert.match(
        problem ?? '',
        /the process that captures on b0 (was ended by SIGABRT|ended with 75)/,
      );
      ns.ip(there, 'link set b0 up');
      await begin(run, before + 1);
      await run.until('a new one', (all) => total(all, 'source_reopened') >= reopened);
    }
    const { status } = await run.stop();
    assert.equal(status[0]?.failure, undefined);
  });

  it('waits for an interface that was removed', async () => {
    const run = capture();
    const before = await begin(run);
    ns.ip(here, 'link del a0');
    await run.state('removed', 5000);
    ns.link(here, 'a0', there, 'b0');
    await begin(run, before + 1);
    await run.stop();
  });

  it('ends with its engine, and with a process that was killed', async () => {
    const run = capture();
    await begin(run);
    const [child = 0] = children(run.child.pid);
    await run.stop();
    await gone(child);
    const second = capture();
    await begin(second);
    const [orphan = 0] = children(second.child.pid);
    second.child.kill('SIGKILL');
    await gone(orphan);
  });

  async function gone(pid: number): Promise<void> {
    assert.ok(pid > 1);
    const end = Date.now() + 5000;
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        return;
      }
      assert.ok(Date.now() < end, `process ${pid} is still there`);
      await sleep(20);
    }
  }

  it('ends with a reason where there is no hope', async () => {
    const none = await capture({ interface: 'nosuch0' }).stopped();
    assert.equal(none.status[0]?.failure?.exitCode, 69);
    assert.match(none.status[0]?.failure?.message ?? '', /nosuch0: .*[Nn]o such device/);
    const filter = await capture({ filter: 'udp and' }).ended();
    assert.match(filter.stderr, /ERR_FILTER_INVALID/);
  });
});
