// `dipperd` as a program, as far as it needs no rights: capture files, the background, and the options that print.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syslogDatagram } from '../../../src/daemon/background.js';
import { askDaemon } from '../../../src/daemon/control.js';
import { detectionLine } from '../../../src/daemon/detection-line.js';
import { parseAnyMessage } from '../../../src/messages/validate.js';
import { needsPrograms } from '../programs.js';

const root = resolve(import.meta.dirname, '../../../..');
const program = join(root, 'dist/src/daemon.js');
const browsing = join(root, 'test/golden/browsing.pcap');

describe('dipperd', function () {
  this.timeout(60_000);
  let folder: string;
  let number = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dipperd-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Options of a daemon of its own; `user` keeps root who it is, so that the folder may stay private. */
  function own(): { state: string; options: string[] } {
    const state = join(folder, String(number++));
    const set = (text: string) => ['--set', text];
    return {
      state,
      options: [
        ...set(`dipperd.path_state_volatile=${state}/run`),
        ...set(`dipperd.path_state_persistent=${state}/lib`),
        ...set(`socket.listen_path[0]=${state}/run/d.sock`),
        ...(process.getuid?.() === 0 ? set('dipperd.user=root') : []),
      ],
    };
  }
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', cwd: folder });

  it('reads a capture file, says every flow and its end, and ends', async function () {
    needsPrograms(this, 'nc');
    const { state, options } = own();
    const words = ['-R', '-I', `br-lan,${browsing}`, '--wait-for-client', ...options];
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString();
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const socket = join(state, 'run/d.sock');
    let text: string;
    try {
      for (let tries = 0; tries < 400 && !log.includes('listening'); tries++) await sleep(25);
      text = execFileSync('nc', ['-U', socket], { encoding: 'utf8', maxBuffer: 1 << 26 });
    } catch (error) {
      child.kill(); // it waits for a client
      throw error;
    }
    assert.equal(await ended, 0, log);
    const lines = text.split('\n').filter((line) => line.startsWith('{"seq"'));
    const messages = lines.map(parseAnyMessage);
    const count = (type: string) => messages.filter((message) => message.type === type).length;
    assert.ok(count('flow_purge') > 30, text.slice(0, 1000));
    assert.equal(count('flow'), count('flow_purge'));
    assert.equal(messages[0]?.type, 'agent_hello');
    const seqs = messages.slice(5).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => (a ?? 0) - (b ?? 0)),
    );
    assert.deepEqual(readdirSync(join(state, 'run')), [], 'sockets, PID file and status are gone');
  });

  it('goes into the background when it is ready, answers, and ends on SIGTERM', async () => {
    const { state, options } = own();
    const { status, stderr } = run('-I', browsing, '--set', 'dipperd.linger=yes', ...options);
    assert.equal(status, 0, stderr);
    const pid = Number(readFileSync(join(state, 'run/dipperd.pid'), 'utf8'));
    try {
      const answer = await askDaemon(join(state, 'run/control.sock'), 'status');
      assert.equal((answer.data as { pid: number }).pid, pid);
      const asked = run('-s', ...options);
      assert.deepEqual([asked.status, asked.stderr], [0, '']);
      assert.match(asked.stdout, new RegExp(`^- dipperd is running \\(PID ${pid}\\)$`, 'm'));
      const second = run('-I', browsing, ...options);
      assert.notEqual(second.status, 0);
      assert.match(second.stderr, new RegExp(`as process ${pid}`));
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    for (let tries = 0; tries < 200; tries++) {
      if (!readdirSync(join(state, 'run')).includes('dipperd.pid')) return;
      await sleep(25);
    }
    assert.fail('it did not end');
  });

  it('says what keeps it from starting, in the caller', async () => {
    const { options } = own();
    const missing = run('-I', 'br-lan,/nowhere.pcap', ...options);
    assert.equal(missing.status, 78); // a file that the configuration names
    assert.match(missing.stderr, /nowhere\.pcap/);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as { port: number };
    const taken = await new Promise<{ code: number | null; text: string }>((done) => {
      const words = [
        '-R',
        '-I',
        browsing,
        ...options,
        '--set',
        'socket.listen_address[1]=127.0.0.1',
      ];
      const child = spawn(process.execPath, [
        ...[program, ...words, '--set', `socket.listen_port[1]=${port}`],
      ]);
      let text = '';
      child.stderr.on('data', (part: Buffer) => {
        text += part.toString();
      });
      child.once('close', (code) => done({ code, text }));
    });
    server.close();
    assert.equal(taken.code, 69, taken.text);
    assert.match(taken.text, new RegExp(`127\\.0\\.0\\.1:${port}`));
  });

  it('prints and ends: version, help, UUIDs, hash', () => {
    assert.match(run('-V').stdout, /^Dipper\/\d+\.\d+\.\d+ \(.*\) nDPI\/\d/);
    assert.match(run('-h').stdout, /^Usage: dipperd/m);
    assert.match(run('-U').stdout, /^[0-9A-Z]{2}(-[0-9A-Z]{2}){3}\n$/);
    const { options } = own();
    const first = run('-p', ...options).stdout;
    assert.match(first, /^[0-9A-Z]{2}(-[0-9A-Z]{2}){3}\n$/);
    assert.equal(run('-p', ...options).stdout, first);
    const sum = createHash('sha1').update(readFileSync(browsing)).digest('hex');
    assert.equal(run('-S', browsing).stdout, `${sum}  ${browsing}\n`);
  });

  it('prints the names that the library has', () => {
    const { options } = own();
    const rows = (...words: string[]) => {
      const { status, stdout, stderr } = run(...words, ...options);
      assert.deepEqual([status, stderr], [0, ''], words.join(' '));
      return stdout.trimEnd().split('\n');
    };
    const all = rows('-P');
    const [protocols, applications] = [rows('--dump-protos'), rows('--dump-apps')];
    assert.deepEqual([...protocols, ...applications].sort(), [...all].sort());
    assert.ok(protocols.some((row) => /^\d+: TLS$/.test(row)));
    assert.ok(applications.some((row) => /^\d+: dipper\.netflix$/.test(row)));
    const ids = protocols.map((row) => Number(row.split(':')[0]));
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    const named = rows('--dump-apps', '--dump-sort-by-tag', '--dump-with-categories');
    assert.ok(named.some((row) => /^\d+: dipper\.netflix: streaming-media$/.test(row)));
    const tags = named.map((row) => row.split(': ')[1] ?? '');
    assert.deepEqual(tags, [...tags].sort());
    const ofApplications = rows('--dump-category', 'application');
    const ofProtocols = rows('--dump-category=Protocols');
    assert.ok(ofApplications.includes('voip: Calls and meetings'), ofApplications.join('\n'));
    assert.ok(ofProtocols.includes('1: Media'), ofProtocols.join('\n'));
    assert.deepEqual(rows('--dump-categories'), [...ofApplications, ...ofProtocols]);
    assert.ok(rows('--dump-risks').some((row) => row.includes('Obsolete TLS')));
  });

  it('says what the running daemon does, by its own paths', () => {
    const { state, options } = own();
    const idle = run('-s', ...options);
    assert.equal(idle.status, 69, idle.stderr);
    assert.equal(idle.stdout, `- dipperd is not running\n- volatile state path: ${state}/run\n`);
  });

  it('checks a configuration', () => {
    const file = join(folder, 'dipperd.conf');
    writeFileSync(file, '[dipperd]\nupdate_intervall = 5\n[socket]\nlisten_port = x\n');
    const { status, stderr } = run('--check', '-c', file);
    assert.equal(status, 78);
    assert.match(stderr, /dipperd\.conf:2: .*did you mean `update_interval`/);
    writeFileSync(file, '[dipperd]\nupdate_interval = 5\n');
    assert.equal(run('--check', '-c', file).status, 0);
  });

  it('speaks to syslog with its severity once in the background', () => {
    assert.equal(
      syslogDatagram('{"level":40,"msg":"x"}\n', 7),
      '<28>dipperd[7]: {"level":40,"msg":"x"}',
    );
    assert.equal(syslogDatagram('{"level":30}', 7), '<30>dipperd[7]: {"level":30}');
  });

  it('says a detection in one line without control characters', () => {
    const line = JSON.stringify({
      interface: 'br-lan',
      flow: {
        ...{ detected_protocol_name: 'TLS', detected_application_name: 'Google' },
        ...{ local_ip: 'fd00::1', local_port: 5, other_ip: '192.0.2.1', other_port: 443 },
        ...{ local_origin: true, host_server_name: 'a\u001b[2Jb' },
      },
    });
    assert.equal(
      detectionLine(Buffer.from(line)),
      'br-lan: TLS.Google [fd00::1]:5 -> 192.0.2.1:443 a?[2Jb',
    );
  });
});
