// Clients that do not keep up: real sockets whose owner stops to read. They meet their bound; nobody else notices.
import assert from 'node:assert/strict';
import type { StreamLimits, StreamServer } from '../../../../src/sinks/stream/index.js';
import { type Client, eventually, flowLines, loopback, portOf, type Received, Rig } from './rig.js';

const mib = 2 ** 20;

/** Publishes `count` flows, a hundred at a time, giving everybody their turn in between. */
async function publishMany(server: StreamServer, count: number, from = 0): Promise<void> {
  for (let at = from; at < from + count; at += 100) {
    server.publish(flowLines(at, 100));
    await server.nextTurn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const seqs = (messages: Received[]): number[] => messages.map(({ seq }) => seq);
const withoutGap = (numbers: number[]): boolean =>
  numbers.every((seq, index) => index === 0 || seq === (numbers[index - 1] ?? 0) + 1);

describe('slow clients', function () {
  this.timeout(20_000); // the clock of a busy machine
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  const serve = (limits: Partial<StreamLimits>, listener = {}) =>
    rig.server({ limits, listeners: [{ path: rig.path, framing: 'ndjson', ...listener }] });

  async function pair(to: string | number = rig.path): Promise<[Client, Client]> {
    const [healthy, stalled] = [await rig.client(to), await rig.client(to)];
    await Promise.all([healthy.take(1), stalled.take(1)]);
    stalled.socket.pause();
    return [healthy, stalled];
  }

  it('are cut at their bound in bytes; the others lose nothing', async () => {
    const server = await serve({ queueBytes: mib });
    const [healthy] = await pair();
    let most = 0;
    for (let at = 0; at < 6000; at += 100) {
      server.publish(flowLines(at, 100));
      most = Math.max(most, ...server.status().clients.map(({ backlog_bytes: n }) => n));
      await server.nextTurn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await healthy.take(6000, 'flow');
    assert.ok(withoutGap(seqs(healthy.of('flow'))));
    const { totals, clients } = server.status();
    assert.deepEqual([totals.clients_slow, clients.length], [1, 1]);
    assert.ok(most < mib + 512 * 1024, `${most} bytes waited for one`);
    assert.match(rig.log.lines.join('\n'), /warn client cut: more than 1048576 bytes of messages/);
  });

  it('are not those who read while much is published in a row', async () => {
    const server = await serve({ queueBytes: 2 * mib });
    const client = await rig.client();
    await client.take(1);
    const chunk = flowLines(0, 60);
    for (let sent = 0; sent < 24 * mib; sent += chunk.length) {
      server.publish(chunk);
      // Microtasks alone, as when an engine has more: without the turn the sockets would wait.
      await Promise.resolve();
      await server.nextTurn();
    }
    await client.take(server.sequence, 'flow');
    assert.equal(server.status().totals.clients_slow, 0);
  });

  it('are cut over TCP, too', async () => {
    const server = await rig.server({
      limits: { queueBytes: mib },
      listeners: [loopback({ framing: 'netifyd' })],
    });
    const [healthy] = await pair(portOf(server));
    // The kernel takes several MB before it refuses.
    for (let at = 0; at < 40_000 && server.status().totals.clients_slow === 0; at += 100) {
      await publishMany(server, 100, at);
    }
    await healthy.take(server.sequence, 'flow');
    assert.equal(server.status().totals.clients_slow, 1);
  });

  it('are cut when messages for them are too old', async () => {
    const server = await serve({ queueSeconds: 1 });
    const [healthy] = await pair();
    await publishMany(server, 1000);
    await eventually(() => server.status().totals.clients_slow === 1, 'the stalled one is cut');
    await healthy.take(1000, 'flow');
    assert.match(rig.log.lines.join('\n'), /client cut: messages for it are older than 1 s/);
  });

  it('are not cut when they read slowly but in time', async () => {
    const server = await serve({ queueSeconds: 1 });
    const [, slow] = await pair();
    for (let round = 0; round < 8; round += 1) {
      server.publish(flowLines(round * 100, 100));
      slow.socket.resume();
      await new Promise((resolve) => setTimeout(resolve, 200));
      slow.socket.pause();
    }
    slow.socket.resume();
    await slow.take(800, 'flow');
    assert.equal(server.status().totals.clients_slow, 0);
  });

  it('lose the oldest messages by the other policy, and are told in their place', async () => {
    const server = await serve({ queueBytes: mib, slowPolicy: 'drop_oldest' });
    const [healthy, stalled] = await pair();
    await publishMany(server, 6000);
    await healthy.take(6000, 'flow');
    stalled.socket.resume();
    await stalled.until(() => stalled.messages.at(-1)?.seq === 6000, 'the last message');

    const gaps = stalled.of('dropped');
    assert.equal(gaps.length, 1, 'one gap, as it never read in between');
    const [gap] = gaps as [Received & { count: number; first_seq: number; last_seq: number }];
    const at = stalled.messages.indexOf(gap);
    assert.equal(gap.first_seq, (stalled.messages[at - 1]?.seq ?? 0) + 1);
    assert.equal(gap.last_seq, (stalled.messages[at + 1]?.seq ?? 0) - 1);
    assert.equal(gap.count, gap.last_seq - gap.first_seq + 1);
    assert.equal(gap.count + stalled.of('flow').length, 6000);
    assert.equal(server.status().totals.messages_dropped, gap.count);
    assert.equal(server.status().totals.clients_slow, 0);
    const before = seqs(stalled.messages.slice(0, at));
    const after = seqs(stalled.messages.slice(at + 1));
    assert.ok(withoutGap(before) && withoutGap(after));
    assert.ok(withoutGap(seqs(healthy.of('flow'))));
  });

  it('lose what is too old by that policy', async () => {
    const server = await serve({ queueSeconds: 1, slowPolicy: 'drop_oldest' });
    const [, stalled] = await pair();
    await publishMany(server, 1000);
    await eventually(() => server.status().totals.messages_dropped > 0, 'something is dropped');
    stalled.socket.resume();
    await stalled.take(1, 'dropped');
    const [gap] = stalled.of('dropped');
    assert.equal(Number(gap?.count) + stalled.of('flow').length, 1000);
    assert.equal(gap?.last_seq, 1000);
  });

  it('cannot grow past the bound with tiny messages', async () => {
    const server = await serve({ queueBytes: mib });
    const [, stalled] = await pair();
    stalled.socket.resume();
    stalled.send({ subscribe: { filter: 'flow_count == 1' } });
    await eventually(() => server.status().clients.some(({ filter }) => filter), 'subscribed');
    stalled.socket.pause();
    // Each of these is a part of its own in the queue, of some 40 bytes.
    for (let at = 0; at < 40_000 && server.status().totals.clients_slow === 0; at += 1) {
      server.publishMessage({ type: 'agent_status', flow_count: 1 });
      server.publish(flowLines(at, 1));
      if (at % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(server.status().totals.clients_slow, 1);
  });

  it('have a bound all together: who has the most gives', async () => {
    const server = await serve({ queueBytes: 64 * mib, totalBytes: 4 * mib });
    const healthy = await rig.client();
    const stalled = [await rig.client(), await rig.client(), await rig.client()];
    await Promise.all([healthy, ...stalled].map((client) => client.take(1)));
    for (const client of stalled) client.socket.pause();
    let most = 0;
    for (let at = 0; at < 8000; at += 100) {
      server.publish(flowLines(at, 100));
      const sum = server
        .status()
        .clients.reduce((bytes, client) => bytes + client.backlog_bytes, 0);
      most = Math.max(most, server.status().totals.clients_slow < 3 ? sum : 0);
      await server.nextTurn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await healthy.take(8000, 'flow');
    assert.equal(server.status().totals.clients_slow, 3);
    assert.ok(most < 12 * mib, `${most} bytes waited`);
  });
});
