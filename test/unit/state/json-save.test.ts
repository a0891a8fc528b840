// json_save: what the file looks like to who reads netifyd's, with many flows and many interfaces, and what happens
// when intervals overlap, lines are strange or the disk refuses.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AgentStatus } from '../../../src/messages/index.js';
import { Appender } from '../../../src/state/appender.js';
import { flowText } from '../../../src/state/flow-lines.js';
import { JsonSave, type JsonSaveOptions } from '../../../src/state/json-save.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { agentExamples } from '../messages/agent-examples.js';
import { examples } from '../messages/examples.js';
import { Scratch } from './scratch.js';

const status = agentExamples.agent_status as unknown as AgentStatus;

interface Saved {
  [member: string]: unknown;
  flows: Record<string, { digest: string; total_bytes: number }[]>;
}

const live = (name: string, n: number, more: object = {}) =>
  JSON.stringify({
    ...examples.flow,
    interface: name,
    established: true,
    flow: {
      ...examples.flow.flow,
      digest: n.toString(16).padStart(40, '0'),
      total_bytes: n,
      ip_nat: false,
      ...more,
    },
  });
const ended = (name: string, n: number) =>
  JSON.stringify({
    ...examples.flow_purge,
    interface: name,
    flow: {
      ...examples.flow_purge.flow,
      digest: n.toString(16).padStart(40, '0'),
      ip_nat: false,
    },
  });
const chunk = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
const digests = (saved: Saved, name: string) =>
  saved.flows[name]?.map(({ digest }) => Number.parseInt(digest, 16));

describe('json_save', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  let failures: WriteFailures;
  beforeEach(() => {
    scratch = new Scratch();
    failures = new WriteFailures(scratch.log);
  });
  afterEach(() => scratch.remove());
  const open = (options: Partial<JsonSaveOptions> = {}) =>
    JsonSave.open({
      path: scratch.in('sink-request.json'),
      failures,
      log: scratch.log,
      ...options,
    });
  const saved = (name = 'sink-request.json') =>
    JSON.parse(readFileSync(scratch.in(name), 'utf8')) as Saved;
  const none = async () => {};

  it("has netifyd's shape: the status without type, and flows by interface", async () => {
    const save = await open();
    assert.equal(await save.save(status, none), true);
    const { type, seq, ...rest } = agentExamples.agent_status;
    assert.deepEqual(saved(), { ...rest, flows: {} });
    assert.deepEqual(readdirSync(scratch.path), ['sink-request.json']);
  });

  it('has the live flows and those that ended, each interface apart', async () => {
    const save = await open();
    save.add(chunk(ended('lan', 1), JSON.stringify(examples.flow_stats), ended('wan', 2)));
    save.add(chunk(JSON.stringify(examples.flow), ended('lan', 3)));
    const odd = 'a"},"flow":{\\';
    await save.save(status, (onLines) => {
      const reused = Buffer.alloc(100_000);
      for (const lines of [
        chunk(live('lan', 10), live('wan', 11)),
        chunk(live('third', 12), live('lan', 13), live(odd, 14)),
      ]) {
        lines.copy(reused);
        onLines(reused.subarray(0, lines.length));
        reused.fill(0);
      }
      return Promise.resolve();
    });
    const file = saved();
    assert.deepEqual(Object.keys(file.flows), ['lan', 'wan', 'third', odd]);
    assert.deepEqual(digests(file, 'lan'), [1, 3, 10, 13]);
    assert.deepEqual(digests(file, 'wan'), [2, 11]);
    assert.deepEqual(digests(file, 'third'), [12]);
    assert.deepEqual(digests(file, odd), [14]);
    assert.deepEqual(file.flows.lan?.[0], {
      ...examples.flow_purge.flow,
      digest: '1'.padStart(40, '0'),
      ip_nat: false,
    });
    await save.save(status, none);
    assert.deepEqual(saved().flows, {}, 'what ended was told once');
    await save.close();
  });

  it('leaves out translated flows unless they are asked for', async () => {
    for (const natFlows of [false, true]) {
      const save = await open({ natFlows });
      await save.save(status, (onLines) => {
        onLines(chunk(live('wan', 1, { ip_nat: true }), live('wan', 2)));
        return Promise.resolve();
      });
      assert.deepEqual(digests(saved(), 'wan'), natFlows ? [1, 2] : [2]);
    }
  });

  it('writes a hundred thousand flows in bounded memory, also when nobody waits for the disk', async function () {
    this.timeout(60_000);
    const save = await open();
    const flows = 100_000;
    const before = process.memoryUsage().rss;
    let most = 0;
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const written = await save.save(status, (onLines) => {
      const lines = chunk(...Array.from({ length: 100 }, (_, i) => live(i % 2 ? 'lan' : 'wan', i)));
      for (let n = 0; n < flows; n += 100) {
        onLines(lines);
        if (n % 5000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
      }
      return Promise.resolve();
    });
    clearInterval(timer);
    assert.ok(written);
    const { length } = readFileSync(scratch.in('sink-request.json'));
    assert.ok(length > 90e6, `${length} bytes`);
    assert.ok(most < 80e6, `${Math.round(most / 1e6)} MB more memory`);
    assert.ok(turns > 5, `${turns} turns of the event loop`);
    const text = readFileSync(scratch.in('sink-request.json'), 'utf8');
    assert.equal(text.split('\n{"digest"').length - 1, flows);
    assert.doesNotThrow(() => JSON.parse(text));
  });

  it('keeps the newest compressed, in order even when the clock goes back', async () => {
    let now = Date.UTC(2026, 0, 1, 12);
    const save = await open({ history: 2, now: () => now, path: scratch.in('out', 'full.json') });
    for (let n = 1; n <= 4; n += 1) {
      await save.save(status, (onLines) => Promise.resolve(onLines(chunk(live('lan', n)))));
      now += 15_000;
    }
    const names = () => readdirSync(scratch.in('out')).filter((name) => name.endsWith('.gz'));
    assert.deepEqual(names(), [
      'full-20260101T120030.000Z.json.gz',
      'full-20260101T120045.000Z.json.gz',
    ]);
    const unpacked = gunzipSync(readFileSync(scratch.in('out', names()[0] ?? '')));
    assert.deepEqual(digests(JSON.parse(unpacked.toString()), 'lan'), [3]);
    now = Date.UTC(2020, 0, 1);
    await save.save(status, none);
    now += 15_000;
    await save.save(status, none);
    assert.deepEqual(names(), [
      'full-20200101T000000.000Z.json.gz',
      'full-20200101T000015.000Z.json.gz',
    ]);
  });

  it('bounds what ended, and counts the rest', async () => {
    const save = await open({ endedBytes: 3000 });
    save.add(chunk(...Array.from({ length: 10 }, (_, n) => ended('lan', n))));
    await save.save(status, none);
    const kept = digests(saved(), 'lan') ?? [];
    assert.ok(kept.length > 0 && kept.length < 4, `${kept.length} kept`);
    assert.equal(save.counters.flows_lost, 10 - kept.length);
  });

  it('skips an interval when the last one is still being written', async () => {
    const save = await open();
    let release = () => {};
    const first = save.save(status, () => new Promise((resolve) => (release = resolve)));
    assert.equal(await save.save(status, none), false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    assert.equal(await first, true);
    assert.deepEqual([save.counters.saved, save.counters.skipped], [1, 1]);
  });

  it('keeps the file of before when the flows do not come, and says so once', async () => {
    const save = await open();
    await save.save(status, (onLines) => Promise.resolve(onLines(chunk(live('lan', 1)))));
    for (let n = 0; n < 3; n += 1)
      assert.equal(await save.save(status, () => Promise.reject(new Error('no engine'))), false);
    assert.deepEqual(digests(saved(), 'lan'), [1]);
    assert.deepEqual([failures.total, scratch.complaints().length], [3, 1]);
    assert.deepEqual(readdirSync(scratch.path), ['sink-request.json']);
    assert.equal(await save.save(status, none), true);
    assert.equal(scratch.said.at(-1)?.msg, 'state file is written again');
  });

  it('goes on when its folder has become a file, and when it is back', async () => {
    const save = await open({ path: scratch.in('sub', 'x.json'), history: 1 });
    rmSync(scratch.in('sub'), { recursive: true });
    writeFileSync(scratch.in('sub'), '');
    save.add(chunk(ended('lan', 1)));
    assert.equal(await save.save(status, none), false);
    rmSync(scratch.in('sub'));
    assert.equal(await save.save(status, none), true);
    assert.ok(save.counters.flows_lost === 1 && failures.total >= 2);
  });

  it('refuses lines that have no flow in them', async () => {
    const save = await open();
    const junk = [
      '{}',
      '{"type":"flow","flow":{}}',
      '{"interface":"x',
      '{"interface":5,"flow":{}}',
      'x}}',
    ];
    await save.save(status, (onLines) => Promise.resolve(onLines(chunk(...junk))));
    assert.deepEqual(saved().flows, {});
    assert.equal(save.counters.lines_refused, junk.length);
  });

  it('cuts flow objects out of any line that the schema allows', () => {
    const text = flowText(Buffer.from(live('a\\"b', 7)));
    assert.equal(JSON.parse(text?.interface ?? ''), 'a\\"b');
    assert.equal(JSON.parse(text?.flow.toString() ?? '').total_bytes, 7);
  });
});

describe('a file that is appended to', () => {
  it('tells late what went wrong, and holds no memory for it', async () => {
    const full = openSync('/dev/full', 'w');
    const appender = new Appender(full);
    for (let n = 0; n < 200; n += 1) appender.append(Buffer.alloc(256 * 1024));
    await assert.rejects(appender.settle(), { code: 'ENOSPC' });
    assert.equal(appender.length, 200 * 256 * 1024);
    closeSync(full);
  });
});
