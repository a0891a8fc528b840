// captureUnknown through the addon: the packets of flows that stay unknown are capture files that our own reader reads.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { Engine, type EngineOptions } from '../../../src/capture/engine.js';
import { routeLines } from '../../../src/daemon/line-router.js';
import { DipperError } from '../../../src/errors.js';
import type { FlowPurge } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { StateDirectory } from '../../../src/state/directory.js';
import { UnknownCaptures } from '../../../src/state/unknown-captures.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { Scratch } from '../state/scratch.js';
import { golden, manyFlows } from './capture-maker.js';

async function run(path: string, options: Partial<EngineOptions> = {}) {
  const engine = new Engine({ source: { type: 'pcap-file', path }, ...options });
  const unknown: Buffer[] = [];
  let text = '';
  for await (const chunk of engine.chunks())
    routeLines(chunk, {
      events: (lines) => {
        text += lines.toString('utf8');
      },
      snapshotLine: () => assert.fail('nobody asked'),
      snapshotEnd: () => assert.fail('nobody asked'),
      unknownPackets: (line) => unknown.push(Buffer.from(line)),
    });
  const messages = text.split('\n').slice(0, -1).map(parseMessage);
  const purges = messages.filter((m): m is FlowPurge => m.type === 'flow_purge');
  return { unknown, purges, totals: engine.counters().totals };
}

const isUnknown = ({ flow }: FlowPurge) => flow.detected_protocol_name === 'Unknown';

describe('packets of unknown flows', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let captures: UnknownCaptures;
  beforeEach(async () => {
    scratch = new Scratch();
    captures = await UnknownCaptures.open({
      directory: await StateDirectory.open(scratch.path, { log: scratch.log }),
      ...{ bytes: 1e7, failures: new WriteFailures(scratch.log), log: scratch.log },
    });
  });
  afterEach(() => scratch.remove());

  // Ethernet and Linux cooked: frames begin where their link type says.
  for (const name of [
    'three_links.pcapng',
    'any_sll.pcap',
    'any_sll2.pcap',
    'vxlan.pcap',
    'ftp.pcap',
  ])
    it(`are files with the same flows again: ${name}`, async () => {
      const all = await run(golden(name), { captureUnknown: { packets: 1024, bytes: 1 << 18 } });
      const told = new Map(all.purges.filter(isUnknown).map((m) => [m.flow.digest, m.flow]));
      assert.ok(told.size > 0);
      assert.equal(all.totals.unknown_captures, all.unknown.length);
      for (const line of all.unknown) captures.add(line);
      await captures.settled();
      const files = readdirSync(scratch.path);
      assert.equal(files.length, all.unknown.length);
      for (const file of files) {
        const { purges } = await run(scratch.in(file));
        assert.equal(purges.length, 1);
        const { flow } = purges[0] as FlowPurge;
        const before = told.get(flow.digest);
        assert.ok(before, `${file} has the digest of an unknown flow`);
        assert.ok(flow.digest.startsWith(file.slice('nd-flow-'.length, -'.cap'.length)));
        assert.equal(flow.total_packets, before.total_packets);
        assert.equal(flow.total_bytes, before.total_bytes);
        assert.equal(flow.last_seen_at, before.last_seen_at);
      }
    });

  it('are taken by every worker, and lost to nobody', async () => {
    const path = manyFlows(scratch.path, 5000);
    const options = { captureUnknown: { packets: 2, bytes: 100 }, dumpUnknown: false };
    const { unknown, purges, totals } = await run(path, { ...options, workers: 3 });
    assert.ok(unknown.length > 4000);
    assert.equal(unknown.length, totals.unknown_captures);
    assert.equal(unknown.length, totals.flows_unknown_quiet);
    assert.equal(unknown.length + purges.length, 5000);
    assert.equal(totals.unknown_capture_drops, 0);
  });

  it('come also where the end of flows would be shared by two threads', async () => {
    const path = manyFlows(scratch.path, 20_000);
    const { unknown, purges } = await run(path, {
      ...{ events: ['expired'], captureUnknown: { packets: 2, bytes: 100 } },
    });
    assert.equal(purges.length, 20_000);
    assert.equal(unknown.length, purges.filter(isUnknown).length);
    for (const line of unknown) captures.add(line);
    assert.equal(captures.counters.refused, 0);
  });

  it('have bounds', () => {
    for (const captureUnknown of [
      { packets: 0, bytes: 100 },
      { packets: 1025, bytes: 100 },
      { packets: 1, bytes: 63 },
      { packets: 1, bytes: (1 << 18) + 1 },
    ])
      assert.throws(
        () =>
          new Engine({ source: { type: 'pcap-file', path: golden('dns.pcap') }, captureUnknown }),
        (error: unknown) => error instanceof DipperError && error.code === 'ERR_OPTION_INVALID',
      );
  });
});
