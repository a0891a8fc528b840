// Commands to an engine that runs: what it says afterwards. The source is a pipe that stays open until the test closes it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Engine, type EngineOptions } from '../../../src/capture/engine.js';
import { DipperError } from '../../../src/errors.js';
import type { Message } from '../../../src/messages/index.js';
import { parseAnyMessage } from '../../../src/messages/validate.js';
import { golden, temporaryFolder } from './capture-maker.js';

const folder = temporaryFolder();
let pipes = 0;

/** An engine that has read the capture and waits for more until `close`. */
class LiveEngine {
  readonly engine: Engine;
  readonly messages: Message[] = [];
  readonly #writer;
  readonly #reading: Promise<void>;
  #changed = () => {};

  constructor(capture: string, options: Omit<EngineOptions, 'source'> = {}) {
    const pipe = join(folder, `pipe-${pipes++}`);
    execFileSync('mkfifo', [pipe]);
    const script = 'exec 3>"$0"; cat "$1" >&3; read _';
    this.#writer = spawn('sh', ['-c', script, pipe, golden(capture)], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.engine = new Engine({ source: { type: 'pcap-file', path: pipe }, ...options });
    this.#reading = this.#read();
    this.#reading.catch(() => {}); // until() and close() say it
  }

  async #read(): Promise<void> {
    for await (const chunk of this.engine.chunks()) {
      const lines = chunk.toString('utf8').split('\n').slice(0, -1);
      this.messages.push(...lines.map((line) => parseAnyMessage(line)));
      this.#changed();
    }
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      const change = new Promise<void>((resolve) => {
        this.#changed = resolve;
        setTimeout(resolve, 20);
      });
      await Promise.race([change, this.#reading.then(() => change)]);
    }
  }

  ofType<T extends Message['type']>(type: T): Extract<Message, { type: T }>[] {
    return this.messages.filter((m) => m.type === type) as Extract<Message, { type: T }>[];
  }

  async close(): Promise<void> {
    this.#writer.stdin.end('\n');
    await this.#reading;
  }
}

const packets = (engine: Engine) => engine.counters().totals.packets_in_flows ?? 0;
const isDipperError = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof DipperError && error.code === code && message.test(error.message);

describe('engine commands', function () {
  this.timeout(30_000);

  for (const workers of [1, 4]) {
    it(`gives a snapshot of the live flows and its end, ${workers} workers`, async () => {
      const live = new LiveEngine('browsing.pcap', { workers });
      await live.until(() => live.ofType('flow').length > 3 && packets(live.engine) > 50);
      live.engine.snapshot(5);
      live.engine.snapshot(6);
      await live.until(() => live.ofType('snapshot_end').length === 2);
      const before = live.ofType('flow');
      await live.close();
      const purges = new Map(live.ofType('flow_purge').map((m) => [m.flow.digest, m.flow]));
      for (const id of [5, 6]) {
        const flows = before.filter((m) => m.snapshot === id);
        assert.ok(flows.length > 3, `${flows.length} flows`);
        assert.equal(new Set(flows.map((m) => m.flow.digest)).size, flows.length);
        for (const { established, flow } of flows) {
          assert.equal(established, true);
          const purge = purges.get(flow.digest);
          assert.ok(purge && (flow.total_packets ?? 0) <= purge.total_packets);
          assert.equal((flow.local_bytes ?? 0) + (flow.other_bytes ?? 0), flow.total_bytes);
        }
      }
      assert.deepEqual(
        live.ofType('snapshot_end').map((m) => m.snapshot),
        [5, 6],
      );
      assert.equal(live.engine.counters().totals.events_lost, 0);
    });
  }

  it('takes other networks', async () => {
    const network = { prefix: '0.0.0.0/0', class: 'local_net' } as const;
    const live = new LiveEngine('http.pcap', { networks: [network] });
    await live.until(() => live.ofType('flow').length > 0);
    assert.equal(live.ofType('flow')[0]?.flow.other_type, 'local');
    live.engine.setNetworks([{ prefix: '0.0.0.0/0', class: 'broadcast' }]);
    await live.close();
    const v4 = live.ofType('flow_purge').filter(({ flow }) => flow.ip_version === 4);
    assert.ok(v4.length > 0);
    for (const { flow } of v4) assert.equal(flow.other_type, 'broadcast');
  });

  it('ends all flows and goes on', async () => {
    const live = new LiveEngine('browsing.pcap', { events: ['expired'] });
    await live.until(() => packets(live.engine) > 50);
    live.engine.expireAll();
    await live.until(() => live.ofType('flow_purge').length > 3);
    assert.equal(live.ofType('flow_purge')[0]?.reason, 'shutdown');
    await live.close();
    const sum = live.ofType('flow_purge').reduce((n, m) => n + m.flow.total_packets, 0);
    assert.equal(sum, packets(live.engine));
  });

  it('takes other options, and refuses wrong ones as a whole', async () => {
    const live = new LiveEngine('browsing.pcap');
    await live.until(() => packets(live.engine) > 50);
    assert.throws(
      () => live.engine.set({ events: [], statsIntervalS: -1 }),
      isDipperError('ERR_OPTION_INVALID', /statsIntervalS is -1/),
    );
    live.engine.set({ dumpUnknown: false });
    live.engine.set({ events: ['expired'] });
    await live.close();
    const { totals } = live.engine.counters();
    const known = live.ofType('flow_purge');
    assert.ok(known.every((m) => m.flow.detected_protocol !== 0));
    assert.equal(known.length + (totals.flows_unknown_quiet ?? 0), totals.flows_created);
  });

  it('refuses networks that are none', () => {
    const engine = new Engine({ source: { type: 'pcap-file', path: golden('http.pcap') } });
    for (const prefix of [
      '',
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0/8',
      'fe80::1%eth0/64',
      '::/129',
      '::/1/2',
      '1.2.3.4/-1',
    ])
      assert.throws(
        () => engine.setNetworks([{ prefix, class: 'local_net' }]),
        isDipperError('ERR_OPTION_INVALID', /is no network/),
      );
    const wrong = { prefix: '::/0', class: 'home' } as unknown as {
      prefix: string;
      class: 'local_ip';
    };
    assert.throws(
      () => engine.setNetworks([wrong]),
      isDipperError('ERR_OPTION_INVALID', /no address class is called "home"/),
    );
    engine.setNetworks([{ prefix: '2001:db8::/32', class: 'local_net' }]);
  });

  it('holds a bounded number of snapshots', async () => {
    const engine = new Engine({ source: { type: 'pcap-file', path: golden('http.pcap') } });
    for (let id = 0; id < 64; id++) engine.snapshot(id);
    assert.throws(() => engine.snapshot(64), isDipperError('ERR_ENGINE_BUSY', /more commands/));
    engine.cancelSnapshot(3);
    engine.snapshot(64);
    let ends = 0;
    for await (const chunk of engine.chunks())
      ends += chunk.toString().split('snapshot_end').length - 1;
    assert.equal(ends, 64);
    assert.throws(() => engine.snapshot(-1), isDipperError('ERR_OPTION_INVALID', /snapshot is -1/));
  });
});
