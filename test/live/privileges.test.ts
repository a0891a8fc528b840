// Privileges for real: started as root the process drops everything on all threads and still gets packet sockets from its
// opener; started by setpriv as a service manager would, it keeps two capabilities. Reports come from the kernel's /proc.
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nativeProgram } from '../../src/addon.js';
import { Opener } from '../../src/capture/opener.js';
import { finished, Namespaces } from './namespaces.js';
import { threads } from './privileges-child.js';

const program = fileURLToPath(new URL('./privileges-child.js', import.meta.url));
const capture = fileURLToPath(new URL('../../../test/golden/browsing.pcap', import.meta.url));
const wrapper = new URL('../../src/capture/privileges.js', import.meta.url).href;
const engineModule = new URL('../../src/capture/engine.js', import.meta.url).href;
const none = '0000000000000000';

/** Sends datagrams that the receiver looks for, until `child` has ended. */
async function sendMarkers(from: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    spawnSync('ip', [
      ...['netns', 'exec', from, 'sh', '-c'],
      'printf dipper-marker | nc -u -w0 10.77.0.2 9999',
    ]);
    await sleep(100);
  }
}

describe('privileges', function () {
  this.timeout(60_000);
  const net = new Namespaces();
  const [left, right] = [net.add('l'), net.add('r')];
  before(() => {
    net.link(left, 'v0', right, 'v1');
    net.ip(left, 'addr add 10.77.0.1/24 dev v0');
    net.ip(right, 'addr add 10.77.0.2/24 dev v1');
  });
  after(async () => await net.close());

  it('are dropped on all threads, and sockets come from the opener', async () => {
    const child = net.start(right, [process.execPath, program, 'v1', capture]);
    const [{ code, stdout, stderr }] = await Promise.all([
      finished(child, 40_000),
      sendMarkers(left, child),
    ]);
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout);
    assert.equal(report.before.uid, 0);
    assert.deepEqual(report.before.openerThreads, [
      // CAP_NET_ADMIN and CAP_NET_RAW: bits 12 and 13.
      `Uid: 65534 65534 65534 65534; Gid: 65534 65534 65534 65534; Groups:; CapInh: ${none}; ` +
        `CapPrm: 0000000000003000; CapEff: 0000000000003000; CapAmb: ${none}; NoNewPrivs: 1`,
    ]);
    assert.ok(report.threads.length >= 8, `${report.threads.length} threads`);
    for (const thread of report.threads)
      assert.equal(
        thread,
        'Uid: 65534 65534 65534 65534; Gid: 65534 65534 65534 65534; Groups: 65534; ' +
          `CapInh: ${none}; CapPrm: ${none}; CapEff: ${none}; CapAmb: ${none}; NoNewPrivs: 1`,
      );
    assert.equal(report.dropped.how, 'dropped');
    assert.ok(report.dropped.threads >= 8);
    assert.equal(report.dropped.effective, none);
    assert.equal(report.socketAfterDrop, 'EPERM');
    assert.equal(report.received, 'bound\nreceived');
    assert.ok(report.ringPackets > 0, `${report.ringPackets} packets through the ring`);
    assert.equal(report.ringState, 'up');
    assert.match(report.conntrack, /^(events|following)$/);
    assert.equal(report.again, 'kept');
  });

  it('fail loudly when a thread keeps inheritable capabilities', () => {
    const run = spawnSync(
      'setpriv',
      [
        '--inh-caps=+net_raw',
        process.execPath,
        '-e',
        `import(${JSON.stringify(wrapper)}).then((p) => p.drop({ user: 'nobody' })).catch((e) => {
          console.log(e.code, e.message);
          process.exit(e.exitCode);
        })`,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(run.status, 77, run.stderr);
    assert.match(run.stdout, /ERR_PERMISSION .*thread \d+ has kept CapInh 0000000000002000/);
  });

  it('given by a service manager are kept', () => {
    const caps = '+net_raw,+net_admin';
    const run = spawnSync(
      'setpriv',
      [
        ...['--reuid=65534', '--regid=65534', '--clear-groups', `--inh-caps=${caps}`],
        ...[`--ambient-caps=${caps}`, `--bounding-set=-all,${caps}`, '--no-new-privs'],
        process.execPath,
        '-e',
        `import(${JSON.stringify(wrapper)}).then((p) => {
          p.requireCapability('CAP_NET_RAW');
          p.requireCapability('CAP_NET_ADMIN');
          console.log(JSON.stringify(p.drop({ user: 'dipperd-has-no-such-user' })));
          return import(${JSON.stringify(engineModule)});
        }).then(async ({ Engine }) => {
          const engine = new Engine({ source: { type: 'packet-ring', interface: 'lo' } });
          setTimeout(() => engine.stop(), 200);
          for await (const _ of engine.chunks());
          console.log(engine.failure() ?? 'captured');
        })`,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(run.status, 0, run.stderr);
    const [report = '', capturing] = run.stdout.split('\n');
    assert.equal(capturing, 'captured');
    assert.deepEqual(JSON.parse(report), {
      uid: 65534,
      gid: 65534,
      netRaw: true,
      netAdmin: true,
      effective: '0000000000003000',
      noNewPrivileges: true,
      how: 'kept',
      threads: 0,
    });
  });

  it('that are missing are named with the remedy', () => {
    const run = spawnSync(
      'setpriv',
      [
        ...['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e'],
        `import(${JSON.stringify(wrapper)}).then((p) => p.requireCapability('CAP_NET_RAW')).catch((e) => {
          console.log(e.message);
          process.exit(e.exitCode);
        })`,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(run.status, 77, run.stderr);
    assert.match(run.stdout, /CAP_NET_RAW is missing to capture packets \(uid 65534\)/);
    assert.match(run.stdout, /AmbientCapabilities=CAP_NET_RAW.*setpriv .*--ambient-caps=\+net_raw/);
  });

  it('are refused to a user that does not exist, before anything changes', () => {
    assert.throws(() => new Opener({ runAs: { user: 'dipper-no-such-user' } }), {
      code: 'ERR_USER_UNKNOWN',
    });
  });
});

describe('opener', function () {
  this.timeout(30_000);
  const runAs = { user: 'nobody' };

  it('grants a burst of 256 sockets, then ten a second', async () => {
    const opener = new Opener({ runAs });
    const descriptors: number[] = [];
    try {
      assert.throws(() => {
        for (;;) descriptors.push(opener.requestPacketSocket());
      }, /too many requests/);
      assert.ok(descriptors.length >= 256 && descriptors.length < 280, `${descriptors.length}`);
      await sleep(250);
      descriptors.push(opener.requestPacketSocket());
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
      opener.close();
    }
  });

  it('keeps CAP_NET_RAW alone and refuses conntrack unless asked for', () => {
    const opener = new Opener({ runAs });
    const [thread] = threads(opener.pid);
    assert.ok(thread?.includes('CapEff: 0000000000002000'), thread);
    assert.throws(() => opener.requestConntrackSocket(), { code: 'ERR_PERMISSION' });
    opener.close();
  });

  it('ends with close, leaves no zombie, and says so afterwards', () => {
    const opener = new Opener({ runAs });
    const { pid } = opener;
    opener.close();
    opener.close();
    assert.ok(!existsSync(`/proc/${pid}`));
    assert.throws(() => opener.requestPacketSocket(), { code: 'ERR_SOURCE_UNAVAILABLE' });
  });

  it('has four descriptors, a filter of system calls, and nothing to do with files', () => {
    const opener = new Opener({ runAs });
    assert.deepEqual(readdirSync(`/proc/${opener.pid}/fd`), ['0', '1', '2', '3']);
    const status = readFileSync(`/proc/${opener.pid}/status`, 'utf8');
    assert.match(status, /^Seccomp:\t2$/m);
    assert.match(status, /^Threads:\t1$/m);
    assert.match(status, /^CapBnd:\t0{16}$/m);
    assert.equal(readlinkSync(`/proc/${opener.pid}/cwd`), '/');
    opener.close();
  });

  it('answers nonsense with an error and lives on', () => {
    // The other end in the hands of somebody else: what a daemon that was taken over could send.
    const program = `
import socket, subprocess, sys, os
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
start = 'exec "$0" 65534 65534 3<&%d' % b.fileno()
opener = subprocess.Popen(['bash', '-c', start, sys.argv[1]], pass_fds=[b.fileno()])
b.close()
a.settimeout(5)
assert a.recv(256) == b'ok 0'
for request in [b'x', b'packet', b'packet x', b'packet -1', b' 5', b'packet 99999999999999999999', b'A' * 5000, b'\\0' * 50,
                b'conntrack 7', b'packet%n%n%s 8', b'\\xff' * 255]:
    a.send(request)
    answer, beside, _, _ = socket.recv_fds(a, 256, 4)
    print(request[:12], answer, len(beside))
    for fd in beside: os.close(fd)
a.send(b'packet 42')
answer, beside, _, _ = socket.recv_fds(a, 256, 4)
assert answer == b'ok 42' and len(beside) == 1, answer
a.send(b'')
assert opener.wait(5) == 0
print('good')
`;
    const run = spawnSync('/usr/bin/python3', ['-c', program, nativeProgram('dipper-opener')], {
      encoding: 'utf8',
    });
    assert.match(run.stdout, /\ngood\n$/, run.stdout + run.stderr);
    const sockets = run.stdout.match(/ 1$/gm) ?? [];
    assert.equal(sockets.length, 3, run.stdout);
  });

  it('is no program for people', () => {
    const run = spawnSync(nativeProgram('dipper-opener'), ['0', '0'], { encoding: 'utf8' });
    assert.equal(run.status, 64);
    assert.match(run.stderr, /a part of dipperd/);
  });

  it('that was killed is an error, not a wait', async () => {
    const opener = new Opener({ runAs });
    process.kill(opener.pid, 'SIGKILL');
    await sleep(50);
    assert.throws(() => opener.requestPacketSocket(), /the opener of packet sockets: it has ended/);
    opener.close();
  });

  it('that is stopped is given up on, and its late answer is no answer to the next request', () => {
    const opener = new Opener({ runAs, timeoutMs: 200 });
    process.kill(opener.pid, 'SIGSTOP');
    assert.throws(() => opener.requestPacketSocket(), /no answer within 200 ms/);
    process.kill(opener.pid, 'SIGCONT');
    const before = readdirSync('/proc/self/fd').length;
    closeSync(opener.requestPacketSocket());
    assert.equal(readdirSync('/proc/self/fd').length, before, 'the late socket is closed');
    opener.close();
  });

  it('survives the signals of a terminal', async () => {
    const opener = new Opener({ runAs });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(opener.pid, signal);
    await sleep(50);
    closeSync(opener.requestPacketSocket());
    opener.close();
  });

  it('that is not there is named', () => {
    assert.throws(() => new Opener({ runAs, path: '/nonexistent/dipper-opener' }), {
      code: 'ERR_SOURCE_UNAVAILABLE',
      message: /nonexistent.dipper-opener: No such file/,
    });
  });
});
