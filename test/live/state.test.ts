// State that needs root to be tested: folders and files of other users, and a disk that is really full.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AgentStatus } from '../../src/messages/index.js';
import { CacheFiles } from '../../src/state/caches.js';
import { StateDirectory } from '../../src/state/directory.js';
import { JsonSave } from '../../src/state/json-save.js';
import { StatusFile } from '../../src/state/status-file.js';
import { UnknownCaptures } from '../../src/state/unknown-captures.js';
import { WriteFailures } from '../../src/state/write-failures.js';
import { agentExamples } from '../unit/messages/agent-examples.js';
import { Scratch } from '../unit/state/scratch.js';

const status = agentExamples.agent_status as unknown as AgentStatus;
const somebody = { uid: 12345, gid: 12345 };

describe('state and other users', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());

  it('refuses the folder of somebody else, unless dipperd is to become that user', async () => {
    const path = scratch.in('foreign');
    const { log } = scratch;
    mkdirSync(path);
    chownSync(path, somebody.uid, somebody.gid);
    await assert.rejects(StateDirectory.open(path, { log }), {
      code: 'ERR_STATE_UNSAFE',
      message: /belongs to user 12345.*chown it/,
    });
    const directory = await StateDirectory.open(path, { log, owner: somebody });
    await directory.write('file', 'x');
    assert.equal(statSync(scratch.in('foreign/file')).uid, 12345);
    await StateDirectory.open(scratch.in('new'), { log, owner: somebody });
    assert.equal(statSync(scratch.in('new')).uid, 12345);
  });

  it('does not believe a file of somebody else', async () => {
    const directory = await StateDirectory.open(scratch.in('run'), { log: scratch.log });
    await directory.write('file', 'x');
    chownSync(scratch.in('run/file'), somebody.uid, somebody.gid);
    await assert.rejects(directory.read('file', 10), /belongs to user 12345/);
  });

  it('names the missing right of who asks for the status', () => {
    writeFileSync(scratch.in('status.json'), JSON.stringify(status));
    chmodSync(scratch.path, 0o755);
    chmodSync(scratch.in('status.json'), 0o640);
    const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
    const { status: code, stderr } = spawnSync(
      process.execPath,
      [main, 'status', '--path', scratch.path],
      { uid: 65534, gid: 65534, encoding: 'utf8' },
    );
    assert.equal(code, 77, stderr);
    assert.match(stderr, /status\.json: permission denied/);
  });
});

describe('state on a full disk', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  let disk: string;
  beforeEach(() => {
    scratch = new Scratch();
    disk = scratch.in('disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0750', 'dipper-test', disk]);
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
    scratch.remove();
  });

  const fill = () => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(scratch.in('disk', 'ballast'), Buffer.alloc(bavail * bsize));
  };
  const flows = (count: number) => (onLines: (lines: Buffer) => void) => {
    const line = `{"type":"flow","interface":"lan","internal":true,"established":true,"flow":{"digest":"${'x'.repeat(900)}"}}\n`;
    onLines(Buffer.from(line.repeat(count)));
    return Promise.resolve();
  };

  it('keeps what was there, says it once, and goes on when there is room', async () => {
    const { log } = scratch;
    const failures = new WriteFailures(log);
    const directory = await StateDirectory.open(disk, { log });
    const save = await JsonSave.open({ path: `${disk}/save.json`, history: 2, failures, log });
    const statusFile = new StatusFile(directory, failures);
    const captures = await UnknownCaptures.open({ directory, bytes: 1 << 20, failures, log });
    let content = Buffer.alloc(10_000, 1);
    const caches = new CacheFiles({
      ...{ persistent: directory, volatile: directory, failures, log },
      rows: [
        {
          ...{ name: 'x.cache', kind: 'x', version: 1, limit: 1 << 20, place: 'persistent' },
          content: { export: () => content, import: () => 0 },
        },
      ],
    });
    const packet = ['1', 1000, Buffer.alloc(1000).toString('base64')];
    const unknown = Buffer.from(
      JSON.stringify({
        ...{ type: 'unknown_packets', digest: 'a'.repeat(40), link_type: 1, packets: [packet] },
      }),
    );
    const everything = async (count: number) => {
      captures.add(unknown);
      await Promise.all([statusFile.write(status), caches.save(), captures.settled()]);
      return await save.save(status, flows(count));
    };

    assert.equal(await everything(100), true);
    assert.equal(failures.total, 0);
    const before = readFileSync(`${disk}/save.json`);
    fill();
    content = Buffer.alloc(10_000, 2);
    for (let n = 0; n < 5; n += 1) assert.equal(await everything(200), false);
    assert.deepEqual(readFileSync(`${disk}/save.json`), before);
    assert.equal((await directory.read('x.cache', 1 << 20))?.at(-1), 1);
    assert.deepEqual(
      readdirSync(disk).filter((name) => name.startsWith('.')),
      [],
    );
    assert.equal(failures.total, 20);
    const complaints = scratch.said.filter(({ level }) => level >= 40);
    assert.equal(complaints.length, 4, 'each file once');
    for (const { advice } of complaints)
      assert.match(String(advice), /the disk is full: make room/);

    rmSync(scratch.in('disk', 'ballast'));
    assert.equal(await everything(100), true);
    assert.equal(failures.total, 20);
    assert.equal(scratch.said.filter(({ msg }) => msg.includes('again')).length, 4);
  });

  it('loses only the history when only that does not fit', async () => {
    const { log } = scratch;
    const failures = new WriteFailures(log);
    const save = await JsonSave.open({ path: `${disk}/save.json`, history: 1, failures, log });
    // Random text cannot be compressed to less than half: 700 kB fit once, not one and a half times.
    const random = (n: number) => execFileSync('head', ['-c', String(n), '/dev/urandom']);
    const line = `{"type":"flow","interface":"lan","internal":true,"established":true,"flow":{"digest":"${random(280_000).toString('hex')}"}}\n`;
    const once = (onLines: (lines: Buffer) => void) => Promise.resolve(onLines(Buffer.from(line)));
    writeFileSync(scratch.in('disk', 'ballast'), Buffer.alloc(300_000));
    assert.equal(await save.save(status, once), true, JSON.stringify(scratch.said));
    assert.equal(failures.total, 1);
    assert.deepEqual(readdirSync(disk).sort(), ['ballast', 'save.json']);
    rmSync(scratch.in('disk', 'ballast'));
  });
});
