// `dipper stream` as its users have it: the real program, a real server, pipes and signals; and a client of netifyd's
// protocol on our stream, as well as our command on netifyd's.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTarget } from '../../../src/cli/stream-options.js';
import { examples } from '../messages/examples.js';
import { needsPrograms } from '../programs.js';
import { digestOf, eventually, flowLines, loopback, portOf, Rig } from '../sinks/stream/rig.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const netifydClient = fileURLToPath(
  new URL('../../../../test/unit/sinks/stream/netifyd-client.py', import.meta.url),
);

class Run {
  out = '';
  err = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(program: string, args: readonly string[], environment: object = {}) {
    this.child = spawn(program, args, { env: { ...process.env, ...environment } });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text) => (this.err += text));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  get lines(): string[] {
    return this.out.split('\n').filter((line) => line !== '');
  }
}

describe('dipper stream', function () {
  this.timeout(20_000);
  let rig: Rig;
  let runs: Run[];
  let servers: Server[];
  beforeEach(() => {
    rig = new Rig();
    runs = [];
    servers = [];
  });
  afterEach(async () => {
    for (const { child, ended } of runs) {
      child.kill('SIGKILL');
      await ended;
    }
    for (const server of servers) server.close();
    await rig.end();
  });

  function start(args: readonly string[], environment: object = {}): Run {
    const run = new Run(process.execPath, [main, ...args], environment);
    runs.push(run);
    return run;
  }
  const stream = (...args: string[]) => start(['stream', '--connect', rig.path, ...args]);

  for (const framing of ['netifyd', 'ndjson'] as const) {
    it(`prints a stream in ${framing} framing line by line, and ends with it`, async () => {
      const server = await rig.server({ listeners: [{ path: rig.path, framing }] });
      const run = stream();
      await eventually(() => server.status().clients.length === 1, 'connected');
      for (let at = 0; at < 3000; at += 100) server.publish(flowLines(at, 100));
      await server.close(5000);
      assert.equal(await run.ended, 0);
      assert.match(run.err, /has ended the stream/);
      const digests = run.lines.slice(1).map((line) => JSON.parse(line).flow.digest);
      assert.deepEqual(
        digests,
        Array.from({ length: 3000 }, (_, index) => digestOf(index)),
      );
    });
  }

  it('tells the server what it wants, and gets no more', async () => {
    const server = await rig.server({
      snapshot: (lines) => Promise.resolve(lines(flowLines(100, 4, { established: true }))),
    });
    const filter = `digest in {'${digestOf(2)}', '${digestOf(102)}'}`;
    const run = stream('--type', 'flow', '-t', 'flow_purge', '--filter', filter, '--snapshot');
    await eventually(() => server.status().clients[0]?.filter === filter, 'subscribed');
    assert.deepEqual(server.status().clients[0]?.types, ['flow', 'flow_purge']);
    server.publish(flowLines(0, 10));
    await eventually(() => run.lines.length === 2, 'both');
    assert.deepEqual(
      run.lines.map((line) => JSON.parse(line).flow.digest),
      [digestOf(102), digestOf(2)],
    );
    run.child.kill('SIGTERM');
    assert.equal(await run.ended, 143);
  });

  it('ends quietly with the reader of its output, and by Ctrl-C', async () => {
    const server = await rig.server();
    const shell = new Run('sh', [
      '-c',
      `"$0" "$@" | head -n 2`,
      process.execPath,
      main,
      'stream',
      '-c',
      rig.path,
    ]);
    runs.push(shell);
    await eventually(() => server.status().clients.length === 1, 'connected');
    server.publish(flowLines(0, 2));
    const pump = setInterval(() => server.publish(flowLines(0, 100)), 10);
    assert.equal(await shell.ended, 0);
    await eventually(() => server.status().clients.length === 0, 'gone');
    clearInterval(pump);
    assert.deepEqual([shell.lines.length, shell.err], [2, '']);

    const run = stream();
    await eventually(() => run.lines.length === 1, 'connected');
    run.child.kill('SIGINT');
    assert.equal(await run.ended, 130);
    assert.equal(run.err, '');
  });

  it('connects again', async () => {
    const server = await rig.server();
    const run = stream('--reconnect', '--type', 'flow');
    await eventually(() => server.status().clients[0]?.types !== undefined, 'connected');
    server.publish(flowLines(1, 1));
    await server.close(1000);
    const second = await rig.server();
    await eventually(() => second.status().clients[0]?.types !== undefined, 'connected again');
    second.publish(flowLines(2, 1));
    await eventually(() => run.lines.length === 2, 'both');
    assert.match(run.err, /has ended the stream\ndipper: connecting again in 1 s\n/);
  });

  it('speaks TLS and says the token', async function () {
    needsPrograms(this, 'openssl');
    const token = '0123456789abcdef';
    const openssl = (...args: string[]) =>
      new Promise((resolve, reject) =>
        execFile('openssl', args, { cwd: rig.folder }, (error) =>
          error ? reject(error) : resolve(0),
        ),
      );
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'key',
      '-out',
      'cert',
      '-days',
      '2',
      '-subj',
      '/CN=gateway',
      '-addext',
      'subjectAltName=DNS:gateway',
    );
    const [cert, key, file] = ['cert', 'key', 'token'].map((name) => join(rig.folder, name));
    writeFileSync(file ?? '', `${token}\n`);
    const server = await rig.server({
      listeners: [loopback({ tls: { cert: cert ?? '', key: key ?? '' }, token })],
    });
    const address = `tls://127.0.0.1:${portOf(server)}`;
    const tls = ['stream', '-c', address, '--tls-ca', cert ?? '', '--tls-name', 'gateway'];
    const run = start([...tls, '--token-file', file ?? '']);
    await eventually(() => run.lines.length === 1, 'greeted');
    const other = start(tls, { DIPPER_TOKEN: token });
    await eventually(() => other.lines.length === 1, 'greeted');

    const wrong = start(tls, { DIPPER_TOKEN: 'wrong' });
    assert.equal(await wrong.ended, 77);
    assert.match(wrong.err, /the token is wrong.*see --token-file/);
    const stranger = start(['stream', '-c', address]);
    assert.equal(await stranger.ended, 69);
    assert.match(stranger.err, /self-signed certificate/);
  });

  it('says what the server says, and what is lost', async () => {
    const server = createServer((socket) => {
      socket.write(
        '{"seq":1,"type":"agent_hello"}\n{"seq":1,"type":"error","code":"snapshot_failed","message":"sor\\u001b[2Jry"}\n',
      );
      socket.end('{"seq":9,"type":"dropped","count":8,"bytes":99,"first_seq":2,"last_seq":9}\n');
    }).listen(rig.path);
    servers.push(server);
    const run = stream();
    assert.equal(await run.ended, 0);
    assert.deepEqual(
      run.lines.map((line) => JSON.parse(line).type),
      ['agent_hello', 'dropped'],
    );
    assert.match(run.err, /the server says: sor \[2Jry\ndipper: 8 messages \(99 bytes\) are lost/);
  });

  it('has an exit code and a sentence for each failure', async () => {
    const http = createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n')).listen(rig.path);
    servers.push(http);
    const half = createServer((socket) => void socket.end('{"length": 9}\n{"a"')).listen(
      `${rig.path}.half`,
    );
    servers.push(half);
    const cases: [string[], number, RegExp][] = [
      [['-c', rig.path], 65, /no stream of messages: it says "HTTP/],
      [['-c', `${rig.path}.half`], 69, /in the middle of a message/],
      [['-c', `${rig.path}.none`], 69, /no such socket; start dipperd, or name/],
      [['-c', '127.0.0.1:1'], 69, /nobody listens there/],
      [['-c', 'a:b:c'], 64, /--connect a:b:c: give a path/],
      [['-f', 'protokoll == 1'], 64, /did you mean protocol\?/],
      [['-t', 'flows'], 64, /--type flows: there are flow,/],
      [['--tls-cert', main], 64, /belong together/],
      [['--token-file', `${rig.path}.none`], 66, /no such file/],
    ];
    await Promise.all(
      cases.map(async ([args, code, pattern]) => {
        const run = start(['stream', ...args]);
        assert.equal(await run.ended, code, run.err);
        assert.match(run.err, pattern);
      }),
    );
  });

  it('reads a netifyd of 3.x, which takes no word and ends a status without a newline', async () => {
    let hungUp = false;
    const sockets: Socket[] = [];
    const frame = (message: object, end = '\n') => {
      const text = JSON.stringify(message) + end;
      return `{"length": ${Buffer.byteLength(text)}}\n${text}`;
    };
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', () => {
        hungUp = true;
        socket.destroy();
      });
      socket.write(
        frame({
          agent_version: 3.07,
          build_version: 'Netify Agent/3.07',
          json_version: 1.9,
          type: 'agent_hello',
        }),
      );
      socket.write(frame({ flow_count: 7, timestamp: 1700000000, type: 'agent_status' }, ''));
      for (const name of ['DNS', 'HTTPS']) {
        const flow = {
          detected_protocol_name: name,
          digest: digestOf(1),
          local_ip: '192.168.1.10',
        };
        socket.write(
          frame({ established: false, flow, interface: 'br-lan', internal: true, type: 'flow' }),
        );
      }
      socket.write(frame({ flow_count: 8, type: 'agent_status' }, ''));
    }).listen(rig.path);
    servers.push(server);
    const all = stream();
    await eventually(() => all.lines.length === 5, 'all five');
    const some = stream(
      '--filter',
      "protocol == 'https' and local_ip == 192.168.0.0/16 or flow_count == 8",
    );
    await eventually(() => some.lines.length === 2, 'the two that match');
    assert.deepEqual(
      some.lines.map((line) => JSON.parse(line).type),
      ['flow', 'agent_status'],
    );
    assert.equal(hungUp, false);
    for (const socket of sockets) socket.destroy();
  });

  it("is served to a client of netifyd's 3.x protocol", async () => {
    const server = await rig.server({
      listeners: [{ path: rig.path }],
      greeting: () => [
        examples.agent_hello,
        examples.agent_status,
        examples.interfaces,
        examples.definitions,
        examples.protocols,
      ],
      snapshot: (lines) => Promise.resolve(lines(flowLines(0, 2, { established: true }))),
      dumpEstablished: true,
    });
    const run = new Run('python3', [netifydClient, rig.path, '11']);
    runs.push(run);
    await eventually(() => run.lines.length >= 5 || run.err !== '', 'greeting and snapshot');
    server.publish(flowLines(2, 1));
    server.publishMessage(examples.flow_stats);
    server.publishMessage(examples.flow_purge);
    assert.equal(await run.ended, 0, run.err);
    const { digest } = examples.flow_stats.flow;
    assert.deepEqual(run.lines, [
      'agent_hello',
      'agent_status',
      'protocols',
      `flow ${digestOf(0)}`,
      `flow ${digestOf(1)}`,
      `flow ${digestOf(2)}`,
      `flow_stats ${digest}`,
      `flow_purge ${digest}`,
    ]);
  });

  it('understands addresses', () => {
    const cases: [string, object][] = [
      ['/run/x.sock', { kind: 'unix', path: '/run/x.sock' }],
      ['./x.sock', { kind: 'unix', path: './x.sock' }],
      ['unix:///run/x.sock', { kind: 'unix', path: '/run/x.sock' }],
      ['host', { kind: 'tcp', host: 'host', port: 7150 }],
      ['host:1', { kind: 'tcp', host: 'host', port: 1 }],
      ['[::1]:2', { kind: 'tcp', host: '::1', port: 2 }],
      ['tls://host', { kind: 'tls', host: 'host', port: 7150 }],
      ['tls://[::1]:3', { kind: 'tls', host: '::1', port: 3 }],
    ];
    for (const [address, target] of cases) assert.deepEqual(parseTarget(address), target);
    for (const address of ['', ':1', 'host:0', 'host:70000', '::1', 'http://x:1']) {
      assert.throws(() => {
        const target = parseTarget(address);
        assert.notEqual(target.kind, 'unix', address);
      });
    }
  });
});
