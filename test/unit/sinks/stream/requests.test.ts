// What clients may say, and what comes of what they may not.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { validateMessage } from '../../../../src/messages/validate.js';
import { LineReader, parseRequest } from '../../../../src/sinks/stream/request.js';
import { type Client, digestOf, eventually, type flow, flowLines, Rig } from './rig.js';

describe('requests to the stream', function () {
  this.timeout(20_000); // the clock of a busy machine
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  async function errorOf(client: Client, ...requests: (object | string)[]): Promise<unknown[]> {
    const before = client.of('error').length;
    for (const request of requests) {
      client.socket.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
    }
    const errors = (await client.take(before + requests.length, 'error')).slice(before);
    for (const error of errors) assert.deepEqual(validateMessage(error), []);
    return errors.map(({ code, message }) => `${code}: ${message}`);
  }

  it('narrow what comes: by type, by filter, by both, and back to all', async () => {
    const server = await rig.server();
    const client = await rig.client();
    const other = await rig.client();
    await client.take(1);
    const publish = async (subscribe: object): Promise<string[]> => {
      client.send({ subscribe });
      const requests = server.status().clients[0]?.requests ?? 0;
      await eventually(() => server.status().clients[0]?.requests === requests + 1, 'subscribed');
      const before = client.messages.length;
      server.publish(flowLines(1, 2));
      server.publish(flowLines(3, 1, { type: 'flow_purge', reason: 'closed' }));
      server.publishMessage({ type: 'agent_status', uptime: 9 });
      server.publishMessage({ type: 'definitions' });
      await other.until(
        () => other.messages.at(-1)?.seq === server.sequence,
        'the others have all',
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
      return client.messages
        .slice(before)
        .map(({ type, flow: of }) => `${type} ${Number((of as typeof flow.flow)?.digest ?? 0)}`);
    };
    assert.deepEqual(await publish({ types: ['flow_purge', 'agent_status'] }), [
      'flow_purge 3',
      'agent_status 0',
    ]);
    assert.deepEqual(await publish({ filter: `digest == '${digestOf(2)}' or uptime > 8` }), [
      'flow 2',
      'agent_status 0',
    ]);
    assert.deepEqual(await publish({ types: ['flow'], filter: "not protocol == 'dns'" }), [
      'flow 1',
      'flow 2',
    ]);
    assert.equal((await publish({})).length, 5);
    const { seq } = client.messages.at(-1) ?? { seq: 0 };
    assert.equal(seq, server.sequence, 'numbers are those of the whole stream');
  });

  it('are answered when they are wrong, and the connection goes on', async () => {
    const server = await rig.server();
    const client = await rig.client();
    await client.take(1);
    assert.deepEqual(
      await errorOf(
        client,
        'GET / HTTP/1.1',
        '[]',
        'null',
        {},
        { subscribe: {}, snapshot: true },
        { snapshot: 1 },
        { subscribe: [] },
        { subscribe: { filters: 'x' } },
        { subscribe: { types: 'flow' } },
        { subscribe: { types: ['flows'] } },
        { subscribe: { filter: 'protocol = 1' } },
        '{"x\'\\u001b[31m":1}',
      ),
      [
        'request_invalid: not JSON; send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}',
        'request_invalid: not an object; send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}',
        'request_invalid: not an object; send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}',
        'request_invalid: 0 members; send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}',
        'request_invalid: 2 members; send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}',
        'request_invalid: "snapshot" can only be true',
        'request_invalid: subscribe must be object',
        'request_invalid: subscribe must NOT have additional properties ("filters")',
        'request_invalid: subscribe/types must be array',
        `subscription_invalid: ${client.of('error')[9]?.message}`,
        'subscription_invalid: filter, column 10: = compares nothing; use ==',
        `request_invalid: ${client.of('error')[11]?.message}`,
      ],
    );
    assert.match(
      String(client.of('error')[9]?.message),
      /no message has the type "flows"; .*flow,/,
    );
    assert.match(String(client.of('error')[11]?.message), /"x'\\u001b\[31m" is no request/);
    server.publish(flowLines(0, 1));
    await client.take(1, 'flow');
    assert.equal(server.status().clients[0]?.requests_refused, 12);
  });

  it('may be 64 KiB long, not longer, and what follows is read', async () => {
    const server = await rig.server();
    const client = await rig.client();
    const filter = `'${'x'.repeat(8000)}'`;
    const [long] = await errorOf(client, `{"subscribe": ${' '.repeat(70_000)}}`);
    assert.equal(long, 'request_too_long: a line has 65536 bytes at most');
    client.socket.write(`${' '.repeat(65_000)}{"subscribe": {"types": ["flow"]}}\n`);
    await eventually(() => server.status().clients[0]?.types?.length === 1, 'subscribed');
    const [refused] = await errorOf(client, {
      subscribe: { filter: `interface == ${filter.repeat(2)}` },
    });
    assert.match(String(refused), /8192/);
  });

  it('are read a byte at a time as well', async () => {
    const server = await rig.server();
    const client = await rig.client();
    for (const byte of '{"subscribe":{"types":["flow"]}}\n') {
      client.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => server.status().clients[0]?.types?.length === 1, 'subscribed');
  });

  it('may not be a flood', async () => {
    const server = await rig.server({ limits: { requestsPerMinute: 5 } });
    const client = await rig.client();
    client.socket.write('x\n'.repeat(4));
    await client.take(4, 'error');
    client.socket.write('\n\n\n');
    await client.until(() => client.ended, 'end');
    assert.equal(client.messages.at(-1)?.code, 'too_many_requests');
    await eventually(() => server.status().clients.length === 0, 'closed');
    assert.equal(server.status().totals.clients_flooding, 1);
  });

  it('for a snapshot count as ten', async () => {
    const server = await rig.server({ limits: { requestsPerMinute: 25 } });
    const client = await rig.client();
    for (let time = 1; time <= 2; time += 1) {
      client.send({ snapshot: true });
      await client.take(time, 'snapshot_end');
    }
    client.socket.write('x\n'.repeat(6));
    await client.until(() => client.ended, 'end');
    assert.equal(server.status().totals.clients_flooding, 1);
  });

  it('that are noise harm nobody', async () => {
    const server = await rig.server({ limits: { requestsPerMinute: 1000 } });
    const healthy = await rig.client();
    const ended: Socket[] = []; // these go on listening
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
            fc.json().map((text) => Buffer.from(`${text}\n`)),
            fc
              .constantFrom('\n', '{"subscribe":{}}\n', '{"snapshot":true}\n')
              .map((s) => Buffer.from(s)),
          ),
          { maxLength: 8 },
        ),
        fc.constantFrom('end', 'destroy'),
        async (writes, end) => {
          const socket = connect(rig.path);
          socket.on('error', () => {});
          socket.resume();
          await new Promise((resolve) => socket.once('connect', resolve));
          for (const bytes of writes) socket.write(bytes);
          server.publish(flowLines(0, 1));
          await new Promise((resolve) => setImmediate(resolve));
          if (end === 'end') ended.push(socket.end());
          else socket.destroy();
        },
      ),
      { numRuns: 60 },
    );
    await healthy.take(60, 'flow');
    assert.equal(healthy.of('error').length, 0);
    for (const socket of ended) socket.destroy();
    await eventually(() => server.status().clients.length === 1, 'the others have gone');
    assert.deepEqual(
      rig.log.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  it('may come in another minute', async () => {
    let now = 0;
    const server = await rig.server({ limits: { requestsPerMinute: 2 }, now: () => now });
    const client = await rig.client();
    await errorOf(client, 'x', 'x');
    now += 60_000;
    await errorOf(client, 'x', 'x');
    assert.equal(server.status().clients.length, 1);
  });

  it('need not be: who closes only its own direction goes on receiving', async () => {
    const server = await rig.server();
    const client = await rig.client();
    client.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.publish(flowLines(0, 3));
    await client.take(3, 'flow');
    assert.equal(server.status().clients.length, 1);
  });

  it('leave no client behind that closed both directions', async () => {
    const server = await rig.server();
    const client = await rig.client();
    client.send({ subscribe: { types: ['endpoints'] } });
    await client.take(1);
    client.socket.end();
    await eventually(() => server.status().clients[0]?.types?.length === 1, 'subscribed');
    await new Promise((resolve) => setTimeout(resolve, 600)); // a look at the half-closed one does it no harm
    assert.equal(server.status().clients.length, 1);
    client.socket.destroy();
    await eventually(
      () => server.status().clients.length === 0,
      'the server sees that it has gone',
    );
  });

  it('come from so many clients and no more', async () => {
    const server = await rig.server({ limits: { maxClients: 2 } });
    const [one, two] = [await rig.client(), await rig.client()];
    await Promise.all([one.take(1), two.take(1)]);
    const third = await rig.client();
    await third.until(() => third.ended, 'end');
    assert.deepEqual(
      third.messages.map(({ type, code, message }) => [type, code, message]),
      [['error', 'too_many_clients', '2 clients are connected, which is the limit']],
    );
    one.socket.destroy();
    await eventually(() => server.status().clients.length === 1, 'room');
    assert.equal((await (await rig.client()).take(1))[0]?.type, 'agent_hello');
    assert.equal(server.status().totals.clients_refused, 1);
  });

  it('are cut into the same lines however they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 30 }).map((s) => s.replaceAll('\n', '')),
          { maxLength: 10 },
        ),
        fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 20 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const reader = new LineReader(20);
          const got: (string | null)[] = [];
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const size = 1 + (cuts[i % cuts.length] ?? 0);
            got.push(...reader.read(bytes.subarray(at, at + size)));
            at += size;
          }
          const wanted = lines.map((line) =>
            Buffer.byteLength(line) > 20 ? null : Buffer.from(line).toString(),
          );
          assert.deepEqual(got, wanted);
        },
      ),
    );
  });

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((v) => JSON.stringify({ subscribe: v })),
        ),
        (line) => {
          const request = parseRequest(line);
          assert.ok('problem' in request || 'subscribe' in request || 'snapshot' in request);
        },
      ),
    );
  });
});
