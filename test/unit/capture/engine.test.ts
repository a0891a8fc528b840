// The engine through the real addon: what it says is valid, adds up, and its ends and refusals are as documented.
import assert from 'node:assert/strict';
import { Engine, type EngineOptions } from '../../../src/capture/engine.js';
import { DipperError } from '../../../src/errors.js';
import type { FlowMessage } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { golden, manyFlows, temporaryFolder } from './capture-maker.js';

const folder = temporaryFolder();
const http = golden('http.pcap');

function make(path: string, options: Omit<EngineOptions, 'source'> = {}): Engine {
  return new Engine({ source: { type: 'pcap-file', path }, ...options });
}

async function linesOf(engine: Engine): Promise<string[]> {
  let text = '';
  for await (const chunk of engine.chunks()) text += chunk.toString('utf8');
  assert.ok(text === '' || text.endsWith('\n'));
  return text.split('\n').slice(0, -1);
}

const purgesOf = (messages: FlowMessage[]) =>
  messages.filter((message) => message.type === 'flow_purge');

function checkAccount(engine: Engine, messages: FlowMessage[]): void {
  const { totals, discarded } = engine.counters();
  const lost = Object.values(discarded).reduce((sum, { packets }) => sum + packets, 0);
  const inFlows = purgesOf(messages).reduce((sum, { flow }) => sum + flow.total_packets, 0);
  assert.equal(totals.packets_in_flows, inFlows);
  assert.equal(totals.packets_read, inFlows + lost);
  assert.equal(totals.events, messages.length);
  assert.equal(totals.events_lost, 0);
  assert.equal(totals.flows_active, 0);
}

function refusal(options: object): DipperError {
  try {
    new Engine({ source: { type: 'pcap-file', path: http }, ...options } as EngineOptions);
  } catch (error) {
    assert.ok(error instanceof DipperError, String(error));
    return error;
  }
  return assert.fail(`accepted ${JSON.stringify(options)}`);
}

describe('engine', function () {
  this.timeout(60_000);

  for (const name of ['http.pcap', 'http.pcap.gz', 'dns.pcap', 'tls13.pcap', 'ipv6.pcap']) {
    it(`writes valid lines that add up: ${name}`, async () => {
      const path = golden(name);
      const engine = make(path, {
        events: ['detected', 'updated', 'expired', 'stats'],
        statsIntervalS: 1,
      });
      const messages = (await linesOf(engine)).map(parseMessage);
      assert.ok(purgesOf(messages).length > 0);
      for (const message of messages) assert.equal(message.interface, path);
      assert.equal(engine.failure(), undefined);
      checkAccount(engine, messages);
    });
  }

  it('gives the same records with any number of workers', async () => {
    const runs: string[] = [];
    for (const workers of [1, 2, 4]) {
      const engine = make(golden('browsing.pcap'), { workers, events: ['expired'] });
      const lines = await linesOf(engine);
      checkAccount(engine, lines.map(parseMessage));
      const facts = lines.map((line) => {
        const { flow } = parseMessage(line) as Extract<FlowMessage, { type: 'flow_purge' }>;
        return [flow.digest, flow.local_packets, flow.local_bytes, flow.other_packets].join();
      });
      runs.push(facts.sort().join('\n'));
    }
    assert.equal(runs[1], runs[0]);
    assert.equal(runs[2], runs[0]);
  });

  it('parses its own lines in events()', async () => {
    const lines = await linesOf(make(http));
    const events: FlowMessage[] = [];
    for await (const batch of make(http).events()) events.push(...batch);
    assert.deepEqual(
      events,
      lines.map((line) => JSON.parse(line)),
    );
  });

  it('takes the events that were asked for', async () => {
    for (const [event, type] of [
      ['detected', 'flow'],
      ['expired', 'flow_purge'],
    ] as const) {
      const messages = (await linesOf(make(http, { events: [event] }))).map(parseMessage);
      assert.deepEqual([...new Set(messages.map((message) => message.type))], [type]);
    }
    assert.deepEqual(await linesOf(make(http, { events: [] })), []);
  });

  it('names the interface and its side as told', async () => {
    const [line] = await linesOf(make(http, { interface: 'wan "0"\n', internal: false }));
    const message = parseMessage(line ?? '');
    assert.deepEqual([message.interface, message.internal], ['wan "0"\n', false]);
  });

  it('reads what is there before a damaged place, then says where', async () => {
    const engine = make(golden('truncated.pcap'));
    const messages = (await linesOf(engine)).map(parseMessage);
    assert.ok(purgesOf(messages).length > 0);
    const failure = engine.failure();
    assert.equal(failure?.exitCode, 65);
    assert.ok((failure?.offset ?? 0) > 24);
    assert.match(failure?.message ?? '', /truncated\.pcap/);
    checkAccount(engine, messages);
  });

  it('can be iterated once', async () => {
    const engine = make(http);
    await linesOf(engine);
    await assert.rejects(linesOf(engine), { code: 'ERR_INTERNAL' });
    const other = make(http);
    const first = other.chunks();
    await first.next();
    await assert.rejects(linesOf(other), { code: 'ERR_INTERNAL' });
    await first.return();
  });

  it('ends when the iteration is left', async () => {
    const engine = make(manyFlows(folder, 60_000), { workers: 2 });
    for await (const chunk of engine.chunks()) {
      assert.ok(chunk.length > 0);
      break;
    }
    await engine.stop();
    assert.ok((engine.counters().totals.packets_read ?? 0) > 0);
  });

  it('ends when the consumer throws', async () => {
    const engine = make(http);
    const consume = async () => {
      for await (const _ of engine.chunks()) throw new Error('consumer');
    };
    await assert.rejects(consume(), /consumer/);
    await engine.stop();
  });

  it('stops before, during and after, any number of times', async () => {
    const before = make(http);
    await Promise.all([before.stop(), before.stop()]);
    await assert.rejects(linesOf(before), { code: 'ERR_INTERNAL' });

    const during = make(manyFlows(folder, 60_000));
    let stopped: Promise<void>[] = [];
    const messages: FlowMessage[] = [];
    for await (const batch of during.events()) {
      if (stopped.length === 0) stopped = [during.stop(), during.stop()];
      messages.push(...batch);
    }
    await Promise.all(stopped);
    checkAccount(during, messages); // what was read before the stop is all there
    await during.stop();
  });

  it('waits for a slow consumer, within bounded memory', async () => {
    const engine = make(manyFlows(folder, 200_000), { events: ['expired'], expiry: {} });
    const resident = () => process.memoryUsage().rss;
    const chunks = engine.chunks();
    await chunks.next();
    const start = resident();
    let read = -1;
    for (let now = 0; now !== read; ) {
      read = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
      now = engine.counters().totals.packets_read ?? 0;
    }
    assert.ok(read < 200_000, `${read} packets were read although nobody takes the lines`);
    const grown = (resident() - start) / 1e6;
    assert.ok(grown < 150, `${grown} MB`);
    let lines = 0;
    for await (const chunk of chunks) for (const byte of chunk) if (byte === 10) lines++;
    assert.ok(lines > 150_000);
    assert.equal(engine.counters().totals.events_lost, 0);
  });

  it('keeps its counters readable after the end', async () => {
    const engine = make(http);
    await linesOf(engine);
    const { totals } = engine.counters();
    (globalThis as { gc?: () => void }).gc?.();
    assert.deepEqual(engine.counters().totals, totals);
    assert.equal(totals.capture_bytes_read, totals.capture_bytes_total);
  });

  it('refuses values that it cannot have, naming them', () => {
    for (const [options, message] of [
      [{ workers: 0 }, 'workers is 0; it must be a whole number from 1 to 64'],
      [{ workers: 65 }, 'workers is 65; it must be a whole number from 1 to 64'],
      [{ workers: 1.5 }, 'workers is 1.5; it must be a whole number from 1 to 64'],
      [{ maxFlows: Number.NaN }, 'maxFlows is NaN; it must be a whole number from 1 to 1073741824'],
      [{ maxDpiStates: -1 }, 'maxDpiStates is -1; it must be a whole number from 1 to 1073741824'],
      [
        { expiry: { udpIdleS: -1 } },
        'expiry.udpIdleS is -1; it must be a number of seconds from 0 to 10000000',
      ],
      [
        { statsIntervalS: Number.POSITIVE_INFINITY },
        'statsIntervalS is Infinity; it must be a number of seconds from 0 to 10000000',
      ],
      [
        { dpi: { maxPacketsTcp: 0 } },
        'dpi.maxPacketsTcp is 0; it must be a whole number from 1 to 65535',
      ],
    ] as const) {
      const error = refusal(options);
      assert.deepEqual(
        [error.code, error.exitCode, error.message],
        ['ERR_OPTION_INVALID', 64, message],
      );
    }
    assert.match(
      refusal({ tunnels: ['gre', 'l2tp'] }).message,
      /^no tunnel is called "l2tp"; there are gtp_u, /,
    );
    assert.match(
      refusal({ events: ['new'] }).message,
      /^no event is called "new"; there are detected, /,
    );
    assert.match(refusal({ events: ['toString'] }).message, /^no event is called "toString"/);
    assert.equal(refusal({ source: { type: 'carrier-pigeon', path: '-' } }).exitCode, 64);
  });

  it('refuses inputs that it cannot read, naming them', () => {
    const missing = refusal({ source: { type: 'pcap-file', path: `${folder}/none.pcap` } });
    assert.deepEqual([missing.code, missing.exitCode], ['ERR_INPUT_NOT_FOUND', 66]);
    assert.match(missing.message, /none\.pcap/);
    const directory = refusal({ source: { type: 'pcap-file', path: folder } });
    assert.equal(directory.exitCode, 66);
    const list = refusal({ dpi: { protocols: `${folder}/no-list.txt` } });
    assert.deepEqual([list.code, list.exitCode], ['ERR_NDPI_FILE', 65]);
    assert.match(list.message, /no-list\.txt/);
  });
});
