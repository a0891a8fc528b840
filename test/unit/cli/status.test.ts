// `dipper status`: the words, exactly; and the command with a real PID file, held by a living process or by nobody.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PidFile } from '../../../src/daemon/pid-file.js';
import { isStale, statusText } from '../../../src/daemon/status-text.js';
import type { AgentStatus } from '../../../src/messages/index.js';
import { agentExamples } from '../messages/agent-examples.js';
import { Scratch } from '../state/scratch.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const status = agentExamples.agent_status as unknown as AgentStatus;
const now = status.timestamp * 1000 + 5000;

describe('status in words', () => {
  it('is what netifyd -s prints, and the drops of each interface', () => {
    const lan = status.interfaces?.['br-lan'];
    assert.ok(lan);
    const { packets_dropped, ...unknowing } = lan;
    const wan = { ...unknowing, role: 'WAN', state: 'down', events_lost: 3 } as const;
    const text = statusText({
      ...{ running: true, pid: 4711, now, folder: '/run/dipperd' },
      status: {
        ...status,
        uptime: 3 * 86_400 + 3661,
        state_write_errors: 2,
        interfaces: { 'br-lan': lan, wan },
      },
    });
    assert.deepEqual(text, [
      'Dipper/0.1.0 (linux; x64) nDPI/4.2.0 JSON/1.90',
      '- dipperd is running (PID 4711)',
      '- volatile state path: /run/dipperd',
      '- timestamp: 2023-11-14T22:14:20.000Z',
      '- uptime: 3d 01:01:01',
      '- active flows: 7 / 1000000 (0.0 %)',
      '- flows ended in the last interval: 3, by silence or age: 2',
      '- CPU utilization: 0.2 % of 4 cores',
      '- CPU time: 1.2 s user, 0.5 s system',
      '- current memory: 58000 kB',
      '- maximum memory: 60120 kB',
      '- br-lan [LAN]: up: packets dropped: 0.552 % (5 of 905)',
      '- wan [WAN]: down: packets dropped: unknown, this source cannot say, messages lost: 3',
      '- DNS hint cache: enabled, 12 entries',
      '- flow hash cache: enabled, 40 entries',
      '- stream: 2 clients, 7 messages, 1 too slow and cut off, 0 messages dropped',
      '- captures of unknown flows: 1, 4096 bytes',
      '- warning: 2 state files could not be written; see the log',
      '- sink services: none; sink uploads: none',
      '- agent UUID: A1-B2-C3-D4',
      '- serial UUID: SN-1',
      '- site UUID: 0f8fad5b-d9cb-469f-a165-70867728950e',
    ]);
  });

  it('says when the status is old', () => {
    assert.equal(isStale({ status, now: (status.timestamp + 45) * 1000 }), false);
    const late = (status.timestamp + 46) * 1000;
    assert.equal(isStale({ status, now: late }), true);
    const text = statusText({ running: true, pid: 1, status, now: late, folder: '/x' });
    assert.ok(
      text.includes('- warning: the status is 46 s old, it should be written every 15 s'),
      text.join('\n'),
    );
  });

  it('does not let a name speak to the terminal', () => {
    const interfaces = { 'x\u001b[2J\n': status.interfaces?.['br-lan'] };
    const odd = { ...status, interfaces } as unknown as AgentStatus;
    const text = statusText({ running: true, pid: 1, status: odd, now, folder: '/x' });
    assert.ok(text.some((line) => line.startsWith('- x?[2J? [LAN]')));
  });
});

describe('dipper status', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());

  function run(...args: string[]) {
    const all = [main, 'status', '--path', scratch.path, ...args];
    const { status: code, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
    return { code, stdout, stderr };
  }
  const put = (more: object = {}) =>
    writeFileSync(scratch.in('status.json'), JSON.stringify({ ...status, ...more }));

  it('finds a daemon by the lock on its PID file', () => {
    put();
    const held = new PidFile(scratch.in('dipperd.pid'));
    const running = run();
    assert.equal(running.code, 0, running.stderr);
    assert.match(
      running.stdout,
      new RegExp(`^- dipperd is running \\(PID ${process.pid}\\)$`, 'm'),
    );
    assert.match(running.stdout, /warning: the status is \d+ s old/);
    const json = JSON.parse(run('--json').stdout) as { status: unknown };
    assert.deepEqual(json, { running: true, pid: process.pid, stale: true, status });
    held.close();
    assert.equal(run().code, 69);
  });

  it('is not misled by what a dead one left', () => {
    put({ pid: process.pid }); // old, and the number is somebody else's by now
    writeFileSync(scratch.in('dipperd.pid'), `${process.pid}\n`);
    const { code, stdout } = run('--json');
    assert.equal(code, 69);
    assert.equal((JSON.parse(stdout) as { running: boolean }).running, false);
  });

  it('finds one without a PID file by a fresh status', () => {
    const timestamp = Math.floor(Date.now() / 1000);
    put({ pid: process.pid, timestamp });
    assert.equal(run().code, 0);
    const gone = spawnSync('true').pid;
    put({ pid: gone, timestamp });
    assert.equal(run().code, 69);
  });

  it('has nothing to say where nothing is', () => {
    const { code, stdout } = run();
    assert.deepEqual([code, stdout.split('\n')[0]], [69, '- dipperd is not running']);
    assert.deepEqual(JSON.parse(run('--json').stdout), {
      ...{ running: false, pid: null, stale: false, status: null },
    });
  });

  it('says what is wrong with the file or the command line', () => {
    writeFileSync(scratch.in('status.json'), '{"type":"agent_st');
    const torn = run();
    assert.deepEqual([torn.code, torn.stdout], [66, '']);
    assert.match(torn.stderr, /status\.json: is not a status of dipperd; wait/);
    put({ cpu_user: 'much', from_the_future: 1 });
    const odd = run();
    assert.equal(odd.code, 66);
    assert.match(odd.stderr, /of this version of dipperd: \/cpu_user must be number$/m);
    put({ from_the_future: 1 });
    assert.equal(run().code, 69);
    assert.equal(run('extra').code, 64);
  });
});
