// Snapshots: to those who ask, in order with what is published meanwhile, one for all who wait.
import assert from 'node:assert/strict';
import type { SnapshotSource, StreamServer } from '../../../../src/sinks/stream/index.js';
import { digestOf, eventually, flowLines, Rig } from './rig.js';

/** A source that the test leads line by line. */
class Source {
  readonly asked: {
    lines: (lines: Buffer) => Promise<void> | undefined;
    signal: AbortSignal;
    done: () => void;
    fail: (error: Error) => void;
  }[] = [];

  readonly snapshot: SnapshotSource = (lines, signal) =>
    new Promise((done, fail) => {
      this.asked.push({ lines, signal, done, fail });
    });

  get last() {
    const last = this.asked.at(-1);
    assert.ok(last, 'a snapshot was asked for');
    return last;
  }
}

const established = (from: number, count: number): Buffer =>
  flowLines(from, count, { snapshot: 1, established: true, type: 'flow' });

/** As the engine writes them: `snapshot` first. */
const fromEngine = (lines: Buffer): Buffer =>
  Buffer.from(
    lines
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { snapshot, ...message } = JSON.parse(line);
        return `${JSON.stringify({ snapshot, ...message })}\n`;
      })
      .join(''),
  );

describe('snapshots of the stream', function () {
  this.timeout(20_000); // the clock of a busy machine
  let rig: Rig;
  let source: Source;
  let server: StreamServer;
  beforeEach(() => {
    rig = new Rig();
    source = new Source();
  });
  afterEach(() => rig.end());

  const serve = async (options = {}) => {
    server = await rig.server({ snapshot: source.snapshot, dumpEstablished: true, ...options });
  };

  it('come after the greeting, to the new client alone, then what is live', async () => {
    await serve();
    const first = await rig.client();
    await eventually(() => source.asked.length === 1, 'asked');
    source.last.done();
    await first.take(1, 'snapshot_end');
    server.publish(flowLines(0, 2));

    const second = await rig.client();
    await eventually(() => source.asked.length === 2, 'asked again');
    source.last.lines(fromEngine(established(10, 2)));
    source.last.lines(Buffer.from('{"snapshot":1,"type":"snapshot_end"}\n'));
    source.last.done();
    await second.take(1, 'snapshot_end');
    server.publish(flowLines(2, 1));
    await second.take(5);
    await first.take(3, 'flow');
    assert.deepEqual(
      second.messages.map(({ seq, type, established: is, flows }) => [seq, type, is ?? flows]),
      [
        [2, 'agent_hello', undefined],
        [2, 'flow', true],
        [2, 'flow', true],
        [2, 'snapshot_end', 2],
        [3, 'flow', false],
      ],
    );
    assert.equal(
      second.messages[1]?.snapshot,
      undefined,
      "the engine's number is not the client's",
    );
    assert.equal(first.messages.length, 5);
  });

  it("tell a flow's state before every later event of it, and lose no event meanwhile", async () => {
    await serve();
    const client = await rig.client();
    await eventually(() => source.asked.length === 1, 'asked');
    // The order in which an engine would write: state and events of ten flows, in turns.
    const told: string[] = [];
    for (let flow = 0; flow < 500; flow += 1) {
      source.last.lines(fromEngine(established(flow, 1)));
      told.push(`state ${flow}`);
      if (flow % 3 === 0) {
        server.publish(flowLines(flow, 1, { type: 'flow_purge', reason: 'closed' }));
        told.push(`event ${flow}`);
      }
      if (flow % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    source.last.done();
    await client.take(1, 'snapshot_end');
    const got = client.messages
      .filter(({ type }) => type.startsWith('flow'))
      .map(({ type, flow }) => {
        const number = Number.parseInt((flow as { digest: string }).digest, 16);
        return `${type === 'flow' ? 'state' : 'event'} ${number}`;
      });
    assert.deepEqual(got, told);
    const seqs = client.messages.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    );
    assert.equal(client.messages.at(-1)?.flows, 500);
  });

  it('are one for all who wait', async () => {
    await serve();
    const one = await rig.client();
    await eventually(() => source.asked.length === 1, 'asked');
    const others = await Promise.all([rig.client(), rig.client(), rig.client()]);
    await Promise.all(others.map((client) => client.take(1)));
    source.last.lines(fromEngine(established(0, 1)));
    source.last.done();
    await one.take(1, 'snapshot_end');
    await eventually(() => source.asked.length === 2, 'asked for the others');
    source.last.lines(fromEngine(established(0, 5)));
    source.last.done();
    for (const client of others) {
      await client.take(1, 'snapshot_end');
      assert.equal(client.of('flow').length, 5);
    }
    assert.equal(one.of('flow').length, 1);
    assert.equal(source.asked.length, 2);
  });

  it('come when asked for, one at a time, by the subscription', async () => {
    await serve({ dumpEstablished: false });
    const client = await rig.client();
    await client.take(1);
    client.send({ subscribe: { filter: `digest == '${digestOf(3)}'` } }, { snapshot: true });
    await eventually(() => source.asked.length === 1, 'asked');
    client.send({ snapshot: true });
    assert.equal((await client.take(1, 'error'))[0]?.code, 'snapshot_pending');
    source.last.lines(fromEngine(established(0, 10)));
    source.last.done();
    await client.take(1, 'snapshot_end');
    assert.equal(client.of('flow').length, 1);
    client.send({ snapshot: true });
    await eventually(() => source.asked.length === 2, 'asked again');
  });

  it('end for those who have gone', async () => {
    await serve();
    const client = await rig.client();
    await eventually(() => source.asked.length === 1, 'asked');
    client.socket.destroy();
    await eventually(() => source.last.signal.aborted, 'told to stop');
    source.last.lines(fromEngine(established(0, 1))); // too late, and harmless
    source.last.done();
    const next = await rig.client();
    await eventually(() => source.asked.length === 2, 'asked for the next');
    source.last.done();
    assert.equal((await next.take(1, 'snapshot_end'))[0]?.flows, 0);
  });

  it('may fail, which is said', async () => {
    await serve();
    const client = await rig.client();
    await eventually(() => source.asked.length === 1, 'asked');
    source.last.fail(new Error('engine gone'));
    assert.equal((await client.take(1, 'error'))[0]?.code, 'snapshot_failed');
    assert.match(rig.log.lines.join('\n'), /error no snapshot/);
    assert.equal(server.status().snapshots_failed, 1);
  });

  it('have a bound of their own, and tell who can wait that there is no room', async () => {
    await serve({ limits: { snapshotBytes: 4 * 2 ** 20 } });
    const client = await rig.client();
    await client.take(1);
    client.socket.pause();
    await eventually(() => source.asked.length === 1, 'asked');
    let wait: Promise<void> | undefined;
    let sent = 0;
    while (wait === undefined) {
      wait = source.last.lines(fromEngine(established(sent, 200)));
      sent += 200;
      assert.ok(sent < 20_000, 'told to wait');
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.resume();
    await wait;
    client.socket.pause();
    for (let more = 0; more < 80; more += 1) {
      void source.last.lines(fromEngine(established(0, 200)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(server.status().totals.clients_slow, 1);
    assert.match(rig.log.lines.join('\n'), /more than 4194304 bytes of a snapshot/);
  });

  it('may take long to read, as long as it is read', async () => {
    await serve({ limits: { queueSeconds: 1 } });
    const client = await rig.client();
    await client.take(1);
    client.socket.pause();
    await eventually(() => source.asked.length === 1, 'asked');
    for (let at = 0; at < 4000; at += 200) source.last.lines(fromEngine(established(at, 200)));
    server.publish(flowLines(0, 1));
    source.last.done();
    for (let step = 0; step < 10; step += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.socket.resume();
      await new Promise((resolve) => setImmediate(resolve)); // a read or two of some eighty
      client.socket.pause();
    }
    assert.ok(client.of('flow').length < 3000, 'it was slow');
    client.socket.resume();
    await client.take(4001, 'flow');
    assert.equal(server.status().totals.clients_slow, 0);
  });
});
