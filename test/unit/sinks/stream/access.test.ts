// Who may listen: tokens, TLS, certificates of clients. Certificates are made by openssl, and its s_client connects.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { TcpListenerOptions } from '../../../../src/sinks/stream/index.js';
import { needsPrograms } from '../../programs.js';
import { eventually, flowLines, loopback, portOf, Rig } from './rig.js';

const token = '0123456789abcdef0123456789abcdef';

describe('access to the stream', function () {
  this.timeout(20_000); // the clock of a busy machine
  let rig: Rig;
  let certificates: string;
  const file = (name: string) => join(certificates, name);

  before(function () {
    needsPrograms(this, 'openssl');
    certificates = mkdtempSync(join(tmpdir(), 'dipper-tls-'));
    const openssl = (...args: string[]) =>
      execFileSync('openssl', args, { cwd: certificates, stdio: 'ignore' });
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    for (const name of ['ca', 'other']) {
      openssl(
        'req',
        '-x509',
        ...curve,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
      );
    }
    const sign = (name: string, ca: string) => {
      openssl(
        'req',
        ...curve,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
      );
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        `${ca}.pem`,
        '-CAkey',
        `${ca}.key`,
        '-CAcreateserial',
        '-out',
        `${name}.pem`,
        '-days',
        '2',
      );
    };
    sign('localhost', 'ca');
    sign('client', 'ca');
    sign('stranger', 'other');
  });
  after(() => {
    if (certificates) rmSync(certificates, { recursive: true, force: true });
  });
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  const tls = () => ({ cert: file('localhost.pem'), key: file('localhost.key') });
  const serve = (listener: Partial<TcpListenerOptions>, limits = {}) =>
    rig.server({ listeners: [loopback({ framing: 'ndjson', ...listener })], limits });

  /** What `openssl s_client` prints of the stream, with `input` as its first line. */
  async function sClient(port: number, args: string[], input = '', ms = 3000): Promise<string> {
    const child = spawn('openssl', [
      's_client',
      '-quiet',
      '-connect',
      `127.0.0.1:${port}`,
      ...args,
    ]);
    child.stdin.on('error', () => {});
    child.stdin.write(input);
    let out = '';
    child.stdout.on('data', (part) => (out += part));
    const ended = new Promise((resolve) => child.once('close', resolve));
    const enough = eventually(() => out.includes('\n'), 'a line', ms).catch(() => {});
    await Promise.race([ended, enough]);
    child.kill();
    await ended;
    return out;
  }

  it('asks for the token first and sends nothing before it', async () => {
    const server = await serve({ token });
    const client = await rig.client(portOf(server));
    server.publish(flowLines(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(client.messages, []);
    client.send({ token }, { subscribe: { types: ['flow'] } }); // the next line may follow at once
    await client.take(1, 'agent_hello');
    server.publish(flowLines(5, 1));
    assert.equal((await client.take(1, 'flow'))[0]?.seq, 6);
    assert.deepEqual(server.status().clients[0]?.types, ['flow']);
  });

  it('turns away who does not know the token', async () => {
    const server = await serve({ token });
    const lines = [
      `{"token": "${token}x"}`,
      `{"token": "${token.slice(1)}"}`,
      '{"token": 1}',
      'null',
      token,
      `{"subscribe": {}}`,
      'x'.repeat(5000),
    ];
    for (const line of lines) {
      const client = await rig.client(portOf(server));
      client.socket.write(`${line}\n{"token": "${token}"}\n`);
      await client.until(() => client.ended, 'end');
      assert.deepEqual(
        client.messages.map(({ code }) => code),
        ['token_required'],
      );
    }
    assert.equal(server.status().totals.clients_rejected, lines.length);
    assert.equal(server.status().totals.clients_accepted, 0);
  });

  it('waits for the token as long as it says', async () => {
    const server = await serve({ token }, { tokenSeconds: 0.2 });
    const client = await rig.client(portOf(server));
    client.socket.write('{"tok');
    await client.until(() => client.ended, 'end');
    assert.match(String(client.messages[0]?.message), /no token came in time/);
    const other = await rig.client(portOf(server));
    other.socket.end();
    await other.until(() => other.ended, 'end');
  });

  it('reads the token from a file, and again when told to', async () => {
    const tokenFile = join(rig.folder, 'token');
    writeFileSync(tokenFile, `${token}\n`);
    const listeners = [loopback({ framing: 'ndjson', tokenFile })];
    const server = await rig.server({ listeners });
    const client = await rig.client(portOf(server));
    client.send({ token });
    await client.take(1);
    writeFileSync(tokenFile, `${token}new\n`);
    await server.reconfigure(listeners);
    const late = await rig.client(portOf(server));
    late.send({ token: `${token}new` });
    assert.equal((await late.take(1))[0]?.type, 'agent_hello');
    assert.equal(server.status().clients.length, 2, 'who is connected stays');
  });

  it('speaks TLS, 1.2 at least, with a certificate that clients can check', async () => {
    const server = await serve({ tls: tls() });
    const verify = [
      '-CAfile',
      file('ca.pem'),
      '-verify_return_error',
      '-verify_hostname',
      'localhost',
    ];
    assert.match(await sClient(portOf(server), verify), /"agent_hello"/);
    assert.match(await sClient(portOf(server), [...verify, '-tls1_2']), /"agent_hello"/);
    const other = await sClient(portOf(server), [
      '-CAfile',
      file('other.pem'),
      '-verify_return_error',
    ]);
    assert.equal(other, '');
    await eventually(() => server.status().listeners[0]?.handshake_failures !== 0, 'counted');
  });

  it('publishes over TLS in both framings without loss', async () => {
    const server = await serve({ tls: tls(), framing: 'netifyd' });
    const socket = connectTls({
      port: portOf(server),
      host: '127.0.0.1',
      servername: 'localhost',
      ca: readFileSync(file('ca.pem')),
    });
    let frames = 0;
    socket.on(
      'data',
      (part) => (frames += part.toString('latin1').split('{"length": ').length - 1),
    );
    await eventually(() => server.status().clients.length === 1, 'connected');
    for (let at = 0; at < 5000; at += 100) {
      server.publish(flowLines(at, 100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.close(5000);
    await eventually(() => frames >= 4990, 'all frames'); // a header may be cut by a read
    socket.destroy();
  });

  it('asks clients for a certificate of the authority', async () => {
    const server = await serve({ tls: { ...tls(), clientCa: file('ca.pem') } });
    const port = portOf(server);
    const own = (name: string) => ['-cert', file(`${name}.pem`), '-key', file(`${name}.key`)];
    assert.match(await sClient(port, own('client')), /"agent_hello"/);
    assert.equal(await sClient(port, own('stranger')), '');
    assert.equal(await sClient(port, []), '');
    assert.equal(server.status().totals.clients_accepted, 1);
  });

  it('asks for both, TLS and token', async () => {
    const server = await serve({ tls: tls(), token });
    assert.match(await sClient(portOf(server), [], `{"token": "${token}"}\n`), /"agent_hello"/);
    assert.match(await sClient(portOf(server), [], `{"token": "x"}\n`), /token_required/);
  });

  it('takes a renewed certificate when told to', async () => {
    const listeners = [loopback({ framing: 'ndjson', tls: tls() })];
    const server = await rig.server({ listeners });
    const kept = ['localhost.pem', 'localhost.key'].map((name) => readFileSync(file(name)));
    try {
      writeFileSync(file('localhost.pem'), readFileSync(file('stranger.pem')));
      writeFileSync(file('localhost.key'), readFileSync(file('stranger.key')));
      await server.reconfigure(listeners);
      const verify = ['-CAfile', file('other.pem'), '-verify_return_error'];
      assert.match(await sClient(portOf(server), verify), /"agent_hello"/);
      writeFileSync(file('localhost.key'), 'no key');
      await assert.rejects(() => server.reconfigure(listeners), { code: 'ERR_LISTENER_REFUSED' });
      assert.match(await sClient(portOf(server), verify), /"agent_hello"/, 'as before');
    } finally {
      writeFileSync(file('localhost.pem'), kept[0] ?? '');
      writeFileSync(file('localhost.key'), kept[1] ?? '');
    }
  });

  it('is not given by files that are no certificate', async () => {
    const cases: [object, RegExp][] = [
      [{ ...tls(), cert: file('none.pem') }, /tls_cert .*none.pem: ENOENT/],
      [{ ...tls(), key: file('ca.key') }, /are not a certificate and its key/],
      [{ ...tls(), clientCa: file('none.pem') }, /tls_client_ca .*ENOENT/],
    ];
    for (const [files, message] of cases) {
      await assert.rejects(() => serve({ tls: files as never }), {
        code: 'ERR_LISTENER_REFUSED',
        message,
      });
    }
  });
});
