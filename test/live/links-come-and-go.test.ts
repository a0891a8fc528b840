// Interfaces that go down, are removed and come back, while an engine captures on them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOptions, PacketRingSource } from '../../src/ndpi-node.js';
import { CaptureRun, total } from './capture-run.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

describe('capture on links that come and go', function () {
  this.timeout(60_000);
  const ns = new Namespaces();
  let here = '';
  let there = '';
  let path = '';

  before(() => {
    here = ns.add('a');
    there = ns.add('b');
    for (const name of [here, there])
      ns.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    path = writePcap(
      join(ns.folder, 'ten.pcap'),
      Array.from({ length: 10 }, (_, i) => udpFrame(i % 5, i >= 5)),
    );
  });
  after(async () => await ns.close());
  beforeEach(() => ns.link(here, 'a0', there, 'b0'));
  afterEach(() => {
    try {
      ns.ip(here, 'link del a0');
    } catch {
      // The test has done it.
    }
  });

  const engine = (source: Partial<PacketRingSource> = {}): EngineOptions => ({
    source: { type: 'packet-ring', interface: 'b0', ...source },
  });
  const send = () => ns.run(here, 'tcpreplay', '-q', '-i', 'a0', '--topspeed', path);
  const members = (count: number, source: Partial<PacketRingSource> = {}) =>
    Array.from({ length: count }, () =>
      engine({ fanout: { group: 9, members: count }, blocks: 16, ...source }),
    );
  /** Without the capability, and with `sockets` packet sockets from 3 on that were opened before it was given up. */
  const unprivileged = (sockets: number) => [
    'python3',
    '-c',
    [
      'import os, socket, sys',
      `held = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for _ in range(${sockets})]`,
      'for i, s in enumerate(held): os.set_inheritable(s.fileno(), True); assert s.fileno() == 3 + i',
      'os.execvp(sys.argv[1], sys.argv[1:])',
    ].join('\n'),
    ...['setpriv', '--reuid', '65534', '--clear-groups', '--bounding-set=-all'],
  ];

  for (const fanout of [0, 2]) {
    const engines = () => (fanout ? members(fanout) : [engine()]);
    const title = fanout ? `${fanout} members: ` : '';

    it(`${title}down and up again: goes on`, async () => {
      const run = new CaptureRun(ns, there, { engines: engines() });
      await run.state('up');
      send();
      await run.packets(10);
      for (const sum of [20, 30]) {
        ns.ip(there, 'link set b0 down');
        await run.state('down', 1000);
        ns.ip(there, 'link set b0 up');
        await sleep(50);
        send();
        await run.packets(sum);
        await run.state('up', 1500);
      }
      const { status } = await run.stop();
      assert.equal(total(status, 'packets_read'), 30, 'each packet once');
      assert.equal(total(status, 'source_reopened'), 0);
      assert.ok(status.every(({ failure }) => failure === undefined));
    });

    it(`${title}down at the start: begins when it is up`, async () => {
      ns.ip(there, 'link set b0 down');
      const run = new CaptureRun(ns, there, { engines: engines() });
      await run.state('down');
      ns.ip(there, 'link set b0 up');
      await run.state('up', 2000);
      send();
      await run.packets(10);
      const { status } = await run.stop();
      assert.equal(total(status, 'packets_read'), 10);
    });

    it(`${title}removed and back under its name: reopened, filter and all`, async () => {
      const run = new CaptureRun(ns, there, {
        engines: engines().map((options) => ({
          ...options,
          source: { ...options.source, filter: 'udp src port 40000' } as PacketRingSource,
        })),
      });
      await run.state('up');
      send();
      await run.packets(5);
      for (const sum of [10, 15]) {
        ns.ip(here, 'link del a0');
        await run.state('removed', 1000);
        ns.link(here, 'a0', there, 'b0');
        await run.state('up', 2500);
        send();
        await run.packets(sum);
      }
      await sleep(100);
      const { status } = await run.stop();
      assert.equal(total(status, 'packets_read'), 15);
      assert.equal(total(status, 'kernel_received'), 15, 'filtered by the kernel');
      assert.equal(total(status, 'source_reopened'), 2 * Math.max(fanout, 1));
    });

    it(`${title}not there yet: waited for where that is wanted`, async () => {
      ns.ip(here, 'link del a0');
      const run = new CaptureRun(ns, there, {
        engines: engines().map(({ source }) => ({
          source: { ...source, waitForInterface: true } as PacketRingSource,
        })),
      });
      await run.state('waiting');
      ns.link(here, 'a0', there, 'b0');
      await run.state('up', 2500);
      send();
      await run.packets(10);
      const { status } = await run.stop();
      assert.equal(total(status, 'source_reopened'), 0);
    });
  }

  it('with a socket of somebody else: no capability is needed, not for coming back either', async () => {
    const run = new CaptureRun(ns, there, {
      engines: [engine({ descriptor: 3, promiscuous: true, filter: 'udp' })],
      wrapper: unprivileged(1),
    });
    await run.state('up');
    send();
    await run.packets(10);
    ns.ip(here, 'link del a0');
    await run.state('removed', 1000);
    ns.link(here, 'a0', there, 'b0');
    await run.state('up', 2500);
    send();
    await run.packets(20);
    await run.stop();
  });

  it('members of a fanout without the capability ask for another socket', async () => {
    const sources = members(2).map(({ source }, i) => ({
      source: { ...source, descriptor: 3 + i } as PacketRingSource,
    }));
    const run = new CaptureRun(ns, there, {
      engines: sources,
      wrapper: unprivileged(4),
      provide: [5, 6],
    });
    await run.state('up');
    send();
    await run.packets(10);
    ns.ip(here, 'link del a0');
    await run.state('removed', 1000);
    ns.link(here, 'a0', there, 'b0');
    await run.state('up', 4000); // by way of needs_descriptor
    send();
    await run.packets(20);
    const { status } = await run.stop();
    assert.equal(total(status, 'packets_read'), 20);
    assert.equal(total(status, 'source_reopened'), 2);
  });

  it('without capability and socket: says what is missing', async () => {
    const { code, stderr } = await new CaptureRun(ns, there, {
      engines: [engine()],
      wrapper: unprivileged(0),
    }).ended();
    assert.notEqual(code, 0);
    assert.match(stderr, /capturing on b0 needs the capability CAP_NET_RAW/);
  });
});
