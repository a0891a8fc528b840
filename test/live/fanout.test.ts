// Several engines on one interface: every pair of hosts stays with one of them, in both directions, and no packet is
// seen twice or lost.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOptions } from '../../src/ndpi-node.js';
import { CaptureRun, total } from './capture-run.js';
import { type FrameOptions, udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

const pairs = 2000;
const kinds: Record<string, FrameOptions> = {
  IPv4: {},
  IPv6: { version: 6 },
  'IPv4 behind a tag': { tags: [[0x8100, 5]] },
  'IPv6 behind two tags': {
    version: 6,
    tags: [
      [0x88a8, 6],
      [0x8100, 7],
    ],
  },
};

describe('fanout', function () {
  this.timeout(60_000);
  const ns = new Namespaces();
  let here = '';
  let there = '';

  before(() => {
    here = ns.add('a');
    there = ns.add('b');
    for (const name of [here, there])
      ns.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    ns.link(here, 'a0', there, 'b0');
  });
  after(async () => await ns.close());

  const engines = (members: number, source: object = {}): EngineOptions[] =>
    Array.from({ length: members }, () => ({
      source: {
        ...{ type: 'packet-ring', interface: 'b0', fanout: { group: 7, members }, blocks: 16 },
        ...source,
      },
      maxFlows: 100_000,
    }));
  /** Each pair twice with other ports, in both directions: what a hash over ports would split. */
  function frames(options: FrameOptions): Buffer[] {
    const all: Buffer[] = [];
    for (const port of [40_000, 41_111])
      for (let pair = 0; pair < pairs; pair++)
        for (const back of [false, true]) all.push(udpFrame(pair, back, { ...options, port }));
    return all;
  }

  for (const members of [2, 4])
    for (const [kind, options] of Object.entries(kinds))
      it(`${members} members split no pair: ${kind}`, async () => {
        const path = writePcap(join(ns.folder, 'pairs.pcap'), frames(options));
        const run = new CaptureRun(ns, there, { engines: engines(members) });
        await run.state('up');
        ns.run(here, 'tcpreplay', '-q', '-i', 'a0', '--pps=100000', path);
        await run.packets(pairs * 4);
        await sleep(100);
        const { flows, status } = await run.stop();
        assert.equal(total(status, 'packets_read'), pairs * 4, 'each packet once');
        assert.equal(total(status, 'kernel_dropped'), 0);
        const owners = new Map<string, Set<number>>();
        for (const [member, seen] of flows.entries())
          for (const { client, server } of seen) {
            const pair = [client, server].sort().join();
            owners.set(pair, (owners.get(pair) ?? new Set()).add(member));
          }
        assert.equal(owners.size, pairs);
        assert.equal([...owners.values()].filter((set) => set.size > 1).length, 0, 'split pairs');
        // Addresses in sequence, the least random there are.
        const spread = status.map(({ counters }) => counters.packets_read ?? 0);
        const mean = (pairs * 4) / members;
        console.log(`      packets by member: ${spread.join(', ')}`);
        for (const share of spread) assert.ok(Math.abs(share - mean) < mean / 8, spread.join());
      });

  it('own traffic of a host is seen once, by one member', async () => {
    const run = new CaptureRun(ns, there, { engines: engines(2, { interface: 'lo' }) });
    await run.state('up');
    ns.run(there, 'ping', '-q', '-c', '10', '-i', '0.01', '127.0.0.1');
    await run.packets(20);
    await sleep(200);
    const { status } = await run.stop();
    assert.deepEqual(status.map(({ counters }) => counters.packets_read).sort(), [0, 20]);
  });

  it('a group of another interface is refused, with its number', async () => {
    const first = new CaptureRun(ns, there, { engines: engines(1) });
    await first.state('up');
    const second = await new CaptureRun(ns, there, {
      engines: engines(1, { interface: 'lo' }),
    }).ended();
    assert.match(second.stderr, /lo: the fanout group 7 can't be joined/);
    await first.stop();
  });
});
