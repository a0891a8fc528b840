// Flow hashes through the addon: a second run names the records of the first, also after a restart; damaged exports are
// refused.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, type EngineOptions } from '../../../src/capture/engine.js';
import { FlowHashes } from '../../../src/capture/flow-hashes.js';
import { DipperError } from '../../../src/errors.js';
import type { FlowPurge } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { CacheFiles } from '../../../src/state/caches.js';
import { StateDirectory } from '../../../src/state/directory.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { Scratch } from '../state/scratch.js';
import { golden } from './capture-maker.js';

const capture = golden('browsing.pcap');

async function run(flowHashes: FlowHashes, options: Partial<EngineOptions> = {}) {
  const engine = new Engine({
    source: { type: 'pcap-file', path: capture },
    interface: 'eth0',
    flowHashes,
    ...options,
  });
  let text = '';
  for await (const chunk of engine.chunks()) text += chunk.toString('utf8');
  const messages = text.split('\n').slice(0, -1).map(parseMessage);
  return { messages, purges: messages.filter((m): m is FlowPurge => m.type === 'flow_purge') };
}

describe('flow hashes', function () {
  this.timeout(60_000);

  for (const workers of [1, 3])
    it(`name the records of the run before, ${workers} workers`, async () => {
      const hashes = new FlowHashes(10_000);
      const first = await run(hashes, { workers });
      assert.ok(first.purges.length > 5);
      for (const { flow } of first.purges) assert.equal(flow.fhc_hit, undefined);
      assert.equal(hashes.size, first.purges.length);

      const restarted = new FlowHashes(10_000);
      assert.equal(restarted.import(hashes.export()), first.purges.length);
      const second = await run(restarted, { workers });
      assert.equal(second.purges.length, first.purges.length);
      const digests = new Set(first.purges.map(({ flow }) => flow.digest));
      // The capture is the same, and so are its times: each record has its own digest for the one before.
      let others = 0;
      for (const message of second.messages) {
        if (message.type === 'flow_stats') continue;
        assert.equal(message.flow.fhc_hit, true);
        assert.deepEqual(message.flow.digest_prev, [message.flow.digest]);
        assert.ok(digests.has(message.flow.digest));
        others += Number(message.type !== 'flow_purge');
      }
      assert.ok(others > 5);
      assert.equal(restarted.counters().hits, first.purges.length);
    });

  it('belong to an interface', async () => {
    const hashes = new FlowHashes(10_000);
    await run(hashes);
    const { purges } = await run(hashes, { interface: 'eth1' });
    for (const { flow } of purges) assert.equal(flow.digest_prev, undefined);
  });

  it('are bounded', async () => {
    const hashes = new FlowHashes(3);
    const { purges } = await run(hashes);
    assert.deepEqual([hashes.size, hashes.counters().forgotten], [3, purges.length - 3]);
    for (const entries of [0, 1.5, -1, 2 ** 25, Number.NaN])
      assert.throws(
        () => new FlowHashes(entries),
        (error: unknown) => error instanceof DipperError && error.code === 'ERR_OPTION_INVALID',
      );
  });

  it('refuse damaged bytes, and any once an engine has them', async () => {
    const hashes = new FlowHashes(100);
    const exported = hashes.export();
    assert.equal(exported.length, 24);
    const fresh = new FlowHashes(100);
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(24), Buffer.concat([exported, exported])])
      assert.throws(() => fresh.import(bytes), /exported flow hashes|are announced/);
    await run(hashes);
    assert.throws(() => hashes.import(exported), /in use/);
  });

  it('survive in a file, and a damaged file costs no start', async () => {
    const scratch = new Scratch();
    try {
      const path = mkdtempSync(join(scratch.path, 'state-'));
      const directory = await StateDirectory.open(path, { log: scratch.log });
      const files = (hashes: FlowHashes, limit = 1 << 20) =>
        new CacheFiles({
          ...{ persistent: directory, volatile: directory, log: scratch.log },
          failures: new WriteFailures(scratch.log),
          rows: [
            {
              ...{ name: 'flow-hashes.cache', kind: 'fhc', version: 1, limit },
              ...{ place: 'persistent' as const, content: hashes },
            },
          ],
        });
      const hashes = new FlowHashes(100);
      await run(hashes);
      await files(hashes).save();
      const again = new FlowHashes(100);
      await files(again).load();
      assert.equal(again.size, hashes.size);
      assert.ok((await run(again)).purges.every(({ flow }) => flow.fhc_hit));
      await directory.write('flow-hashes.cache', Buffer.from('not a cache'));
      const empty = new FlowHashes(100);
      await files(empty).load();
      assert.equal(empty.size, 0);
    } finally {
      scratch.remove();
    }
  });
});
