// The stream as clients have it: framing, order, numbers, several listeners, ends. Real sockets, and real programs
// where users have them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseAnyMessage } from '../../../../src/messages/validate.js';
import { needsPrograms } from '../../programs.js';
import { digestOf, eventually, flowLines, loopback, portOf, Rig } from './rig.js';

describe('StreamServer', function () {
  this.timeout(20_000); // the clock of a busy machine
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it('greets, then tells what is published, numbered without a gap', async () => {
    const server = await rig.server();
    server.publish(flowLines(0, 3)); // nobody listens: counted all the same
    const client = await rig.client();
    await client.take(1);
    server.publish(flowLines(3, 2));
    server.publishMessage({ interval: 1, type: 'agent_status' });
    const messages = await client.take(4);
    assert.deepEqual(
      messages.map(({ seq, type }) => [seq, type]),
      [
        [3, 'agent_hello'],
        [4, 'flow'],
        [5, 'flow'],
        [6, 'agent_status'],
      ],
    );
    assert.equal(server.status().seq, 6);
  });

  it('sends lines that keep to the schemas, byte for byte but for the number', async () => {
    const server = await rig.server();
    const client = await rig.client();
    await client.take(1);
    const line = flowLines(7, 1).toString();
    server.publish(Buffer.from(line));
    const raw = await new Promise<string>((resolve) =>
      client.socket.once('data', resolve as never),
    );
    assert.equal(raw, line.replace('{', '{"seq":1,'));
    assert.equal(parseAnyMessage(raw).type, 'flow');
  });

  it("frames as netifyd does: the header's number is the bytes with their newline", async () => {
    const server = await rig.server({ listeners: [{ path: rig.path }] });
    const client = await rig.client();
    let text = '';
    client.socket.on('data', (part) => (text += part));
    await client.take(1);
    server.publish(flowLines(0, 50, { interface: 'é\u{1f600}' }));
    await client.take(51);
    const bytes = Buffer.from(text);
    let at = 0;
    let frames = 0;
    while (at < bytes.length) {
      const end = bytes.indexOf(10, at);
      const header = /^\{"length": (\d+)\}$/.exec(bytes.toString('latin1', at, end));
      assert.ok(header, `a header at ${at}`);
      const payload = bytes.subarray(end + 1, end + 1 + Number(header[1]));
      assert.equal(payload.indexOf(10), payload.length - 1);
      JSON.parse(payload.toString('utf8'));
      at = end + 1 + payload.length;
      frames += 1;
    }
    assert.equal(frames, 51);
  });

  it('is read by nc and jq on either framing', async function () {
    needsPrograms(this, 'nc', 'jq');
    const server = await rig.server({
      listeners: [loopback(), loopback({ framing: 'ndjson' })],
    });
    for (const index of [0, 1]) {
      const shell = spawn('sh', [
        '-c',
        `nc -d 127.0.0.1 ${portOf(server, index)} | jq -r --unbuffered 'select(.type == "flow") | .flow.digest' | head -n 3`,
      ]);
      let out = '';
      shell.stdout.on('data', (part) => (out += part));
      try {
        await eventually(() => server.status().clients.length === 1, 'nc is connected');
        server.publish(flowLines(0, 2));
        server.publish(flowLines(2, 1));
        await eventually(() => out.split('\n').length === 4, 'three lines of jq');
        assert.deepEqual(out.trim().split('\n'), [0, 1, 2].map(digestOf));
      } finally {
        shell.kill();
      }
      for (const client of server.status().clients) assert.equal(client.messages_dropped, 0);
      server.publish(flowLines(3, 300)); // nc is told that nobody reads
      await eventually(() => {
        server.publish(flowLines(3, 50));
        return server.status().clients.length === 0;
      }, 'nc has gone');
    }
  });

  it('listens to IPv4 and IPv6 on ::', async () => {
    const server = await rig.server({
      listeners: [{ address: '::', port: 0, insecure: true, framing: 'ndjson' }],
    });
    const client = await rig.client(portOf(server));
    assert.equal((await client.take(1))[0]?.type, 'agent_hello');
    assert.match(server.status().clients[0]?.peer ?? '', /^127\.0\.0\.1:\d+$/);
  });

  it('gives the file of a socket its mode, and takes it away at the end', async () => {
    const server = await rig.server({ listeners: [{ path: rig.path, mode: 0o640, group: 0 }] });
    assert.equal(statSync(rig.path).mode & 0o777, 0o640);
    await server.close(0);
    assert.equal(existsSync(rig.path), false);
  });

  it('takes the place of a socket whose program is gone, of no other', async () => {
    // Killed, it leaves its socket behind.
    const dead = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(rig.path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await new Promise((resolve) => dead.once('exit', resolve));
    assert.ok(existsSync(rig.path));
    const server = await rig.server();
    await assert.rejects(() => rig.server(), {
      code: 'ERR_STREAM_UNAVAILABLE',
      message: /another program listens there/,
    });
    assert.equal((await (await rig.client()).take(1))[0]?.type, 'agent_hello');
    await server.close(0);
    writeFileSync(rig.path, 'precious');
    await assert.rejects(() => rig.server(), {
      code: 'ERR_LISTENER_REFUSED',
      message: /no socket/,
    });
    assert.ok(existsSync(rig.path));
  });

  it('says what is wrong with a place to listen', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    try {
      const cases: [object, RegExp][] = [
        [loopback({ port }), /another program listens there/],
        [{ address: '192.0.2.1', port: 0, insecure: true }, /does not have that address/],
        [{ path: `${rig.folder}/none/x.sock` }, /folder does not exist/],
        [{ path: 'x.sock' }, /whole path/],
        [{ path: `/${'x'.repeat(120)}` }, /107/],
        [{ path: rig.path, group: 'no-such-group' }, /no group no-such-group/],
        [{ address: '0.0.0.0', port: 0 }, /tls_cert and tls_key.*token.*insecure = yes/],
        [{ address: '::', port: 0, token: 'short' }, /16 or more/],
        [{ address: '::', port: 0, tokenFile: `${rig.folder}/none` }, /token_file .*ENOENT/],
      ];
      for (const [listener, message] of cases) {
        await assert.rejects(() => rig.server({ listeners: [listener as never] }), { message });
      }
      const twice = { path: rig.path };
      await assert.rejects(() => rig.server({ listeners: [twice, twice] }), /named twice/);
    } finally {
      other.close();
    }
  });

  it('opens all listeners or none', async () => {
    const bad = { path: `${rig.folder}/none/x.sock` };
    await assert.rejects(() => rig.server({ listeners: [{ path: rig.path }, bad] }));
    assert.equal(existsSync(rig.path), false);
  });

  it('sends what waits when it closes', async () => {
    const server = await rig.server();
    const client = await rig.client();
    await client.take(1);
    server.publish(flowLines(0, 2000));
    await server.close(5000);
    await client.until(() => client.closed || client.ended, 'end');
    assert.equal(client.of('flow').length, 2000);
    await server.close(0);
  });

  it('closes in time when a client does not read', async () => {
    const server = await rig.server();
    const client = await rig.client();
    await client.take(1);
    client.socket.pause();
    server.publish(flowLines(0, 4000));
    const began = Date.now();
    await server.close(200);
    assert.ok(Date.now() - began < 1500, `${Date.now() - began} ms`);
  });

  it('says when the first client is there', async () => {
    const server = await rig.server();
    let there = false;
    const first = server.firstClient().then(() => {
      there = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(there, false);
    await rig.client();
    await first;
  });

  it('takes other listeners and leaves the clients of the rest alone', async () => {
    const first = { path: rig.path, framing: 'ndjson' as const };
    const server = await rig.server({ listeners: [first, loopback()] });
    const stays = await rig.client();
    const goes = await rig.client(portOf(server, 1));
    await Promise.all([stays.take(1), goes.take(1)]);
    const second = { path: `${rig.folder}/second.sock`, framing: 'ndjson' as const };
    await server.reconfigure([first, second]);
    await goes.until(() => goes.ended, 'end');
    assert.equal(goes.messages.at(-1)?.code, 'listener_closed');
    const comes = await rig.client(second.path);
    await comes.take(1);
    server.publish(flowLines(0, 1));
    await Promise.all([stays.take(2), comes.take(2)]);
    assert.deepEqual(
      server.status().listeners.map(({ name, clients }) => [name, clients]),
      [
        [`unix:${first.path}`, 1],
        [`unix:${second.path}`, 1],
      ],
    );

    // What cannot be opened changes nothing.
    const bad = { path: `${rig.folder}/none/x.sock` };
    await assert.rejects(() => server.reconfigure([second, bad]));
    server.publish(flowLines(1, 1));
    await Promise.all([stays.take(3), comes.take(3)]);

    // The same place in another manner.
    await server.reconfigure([{ ...first, mode: 0o600 }, second]);
    assert.equal(statSync(rig.path).mode & 0o777, 0o600);
    await stays.until(() => stays.ended, 'end');
    assert.equal((await (await rig.client()).take(1))[0]?.type, 'agent_hello');
  });
});
