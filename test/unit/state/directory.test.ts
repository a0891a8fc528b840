// The folder for state: who may own it, what a reader sees while files are replaced, and what a crash leaves.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { compactTime, StateDirectory } from '../../../src/state/directory.js';
import { Scratch } from './scratch.js';

describe('the folder for state', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());
  const openIt = (name = 'state', options: { shared?: boolean } = {}) =>
    StateDirectory.open(scratch.in(name), { log: scratch.log, ...options });
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  it('is made with its parents, closed to others', async () => {
    const directory = await openIt('a/b');
    assert.equal(mode(directory.path), '750');
    await directory.write('status.json', '{}\n');
    assert.equal(mode(scratch.in('a/b/status.json')), '640');
    assert.deepEqual(readdirSync(directory.path), ['status.json']);
  });

  it('is refused when others may write to it, and taken with the sticky bit', async () => {
    for (const [bits, refused] of [
      [0o770, true],
      [0o757, true],
      [0o1777, false],
      [0o755, false],
    ] as const) {
      mkdirSync(scratch.in(`m${bits}`));
      chmodSync(scratch.in(`m${bits}`), bits);
      const opening = openIt(`m${bits}`);
      if (refused)
        await assert.rejects(opening, {
          code: 'ERR_STATE_UNSAFE',
          message: /others may write.*chmod go-w/,
        });
      else await opening;
      await openIt(`m${bits}`, { shared: true });
    }
  });

  it('is refused where a file stands, with what to do', async () => {
    writeFileSync(scratch.in('file'), '');
    await assert.rejects(openIt('file'), { code: 'ERR_STATE', message: /choose another/ });
    await assert.rejects(openIt('file/below'), { code: 'ERR_STATE' });
  });

  it('follows no link to read and replaces one instead of writing through it', async () => {
    const directory = await openIt();
    writeFileSync(scratch.in('secret'), 'kept');
    symlinkSync(scratch.in('secret'), scratch.in('state/link'));
    await assert.rejects(directory.read('link', 100), { code: 'ELOOP' });
    await directory.write('link', 'ours');
    assert.equal(readFileSync(scratch.in('secret'), 'utf8'), 'kept');
    assert.equal((await directory.read('link', 100))?.toString(), 'ours');
  });

  it('reads plain files of ours up to a bound', async () => {
    const directory = await openIt();
    assert.equal(await directory.read('missing', 10), undefined);
    await directory.write('ten', '0123456789');
    assert.equal((await directory.read('ten', 10))?.length, 10);
    await assert.rejects(directory.read('ten', 9), /has 10 bytes; at most 9/);
    mkdirSync(scratch.in('state/folder'));
    await assert.rejects(directory.read('folder', 10), /not a plain file/);
    execFileSync('mkfifo', [scratch.in('state/fifo')]);
    await assert.rejects(directory.read('fifo', 10), /not a plain file/);
  });

  it('refuses names that lead elsewhere', async () => {
    const directory = await openIt();
    for (const name of ['../x', 'a/b', '', '.x', 'a\0b'])
      await assert.rejects(async () => directory.write(name, ''), { code: 'ERR_INTERNAL' });
  });

  it('never shows half a file to a reader', async () => {
    const directory = await openIt();
    const content = (n: number) => `${n}:`.padEnd(200_000, String(n % 10));
    await directory.write('file', content(0));
    let stop = false;
    let reads = 0;
    const reader = (async () => {
      while (!stop) {
        const text = readFileSync(scratch.in('state/file'), 'utf8');
        assert.equal(text, content(Number(text.split(':')[0])));
        reads += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let n = 1; n <= 50; n += 1) await directory.write('file', content(n), { durable: false });
    stop = true;
    await reader;
    assert.ok(reads > 10, `${reads} reads`);
  });

  it('keeps the order of writers and leaves nothing behind when one fails', async () => {
    const directory = await openIt();
    const writes = Array.from({ length: 20 }, (_, n) => directory.write('file', `${n}`));
    const failing = directory.replace('file', async (file) => {
      await file.writeFile('half');
      throw new Error('no more');
    });
    await assert.rejects(failing, /no more/);
    await Promise.all(writes);
    await directory.settled();
    assert.equal(readFileSync(scratch.in('state/file'), 'utf8'), '19');
    assert.deepEqual(readdirSync(scratch.in('state')), ['file']);
  });

  it('creates exclusively on request', async () => {
    const directory = await openIt();
    await directory.write('uuid', 'first', { exclusive: true });
    await assert.rejects(directory.write('uuid', 'second', { exclusive: true }), {
      code: 'EEXIST',
    });
    assert.equal(readFileSync(scratch.in('state/uuid'), 'utf8'), 'first');
    assert.deepEqual(readdirSync(scratch.in('state')), ['uuid']);
  });

  it('is made again when it has been tidied away', async () => {
    const directory = await openIt();
    rmSync(directory.path, { recursive: true });
    await directory.write('file', 'x');
    assert.equal(mode(directory.path), '750');
  });

  it('removes what dead processes left, and nothing else', async () => {
    const directory = await openIt();
    const dead = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    const names = {
      [`.dipperd-${dead.stdout.trim()}-0a1b2c3d-1-status.json.tmp`]: false,
      [`.dipperd-${process.pid}-0a1b2c3d-77-status.json.tmp`]: false,
      '.dipperd-1-0a1b2c3d-1-status.json.tmp': true, // process 1 lives
      '.bashrc': true,
      'x.tmp': true,
    };
    for (const name of Object.keys(names)) writeFileSync(scratch.in('state', name), '');
    await openIt();
    const left = readdirSync(directory.path).sort();
    assert.deepEqual(
      left,
      Object.keys(names)
        .filter((name) => names[name])
        .sort(),
    );
  });

  it('leaves what another part of this process is writing there', async () => {
    const first = await openIt();
    await first.replace('a', async (file) => {
      await (await openIt()).write('b', 'b');
      await file.writeFile('a');
    });
    assert.deepEqual(readdirSync(first.path), ['a', 'b']);
  });

  it('sets files aside, says so, and keeps the newest', async () => {
    const directory = await openIt();
    for (let minute = 0; minute < 5; minute += 1) {
      await directory.write('x.cache', `${minute}`);
      await directory.setAside('x.cache', 'why', new Date(Date.UTC(2026, 0, 1, 0, minute)));
    }
    assert.deepEqual(await directory.list(), [
      'x.cache.damaged-20260101T000200.000Z',
      'x.cache.damaged-20260101T000300.000Z',
      'x.cache.damaged-20260101T000400.000Z',
    ]);
    assert.equal(scratch.complaints().length, 5);
    assert.equal(scratch.said.at(-1)?.reason, 'why');
  });

  it('gives files that have no name', async () => {
    const directory = await openIt();
    const file = directory.anonymous();
    writeSync(file, 'data');
    assert.deepEqual(readdirSync(directory.path), []);
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, 4, 0);
    assert.equal(bytes.toString(), 'data');
    closeSync(file);
  });

  it('writes times that sort and suit every file system', () => {
    assert.equal(compactTime(new Date(0)), '19700101T000000.000Z');
  });
});
