// A followed file in all its lives: not there, there, written anew, replaced by rename, damaged, gone.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FollowedFile, type FollowedFileOptions } from '../../../src/daemon/followed-file.js';

describe('a followed file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-follow-'));
  const path = join(folder, 'file');
  let seen: (string | undefined)[] = [];
  let said: string[] = [];
  let file: FollowedFile | undefined;
  const log = {
    debug: (_: object, text: string) => said.push(`debug ${text}`),
    warn: (_: object, text: string) => said.push(`warn ${text}`),
  } as unknown as FollowedFileOptions['log'];
  const follow = async (options: Partial<FollowedFileOptions> = {}) => {
    file = await FollowedFile.open(path, {
      ...{ limit: 100, log, periodMs: 3_600_000 },
      changed: (content) => {
        const text = content?.toString();
        if (text === 'damaged') throw new Error('is damaged');
        seen.push(text);
      },
      ...options,
    });
    return file;
  };
  beforeEach(() => {
    [seen, said] = [[], []];
    rmSync(path, { force: true });
  });
  afterEach(() => file?.close());
  after(() => rmSync(folder, { recursive: true }));

  it('is read when it appears, changes, is replaced by rename, and goes', async () => {
    const one = await follow();
    writeFileSync(path, 'first');
    await one.look();
    await one.look();
    writeFileSync(path, 'other');
    await one.look();
    writeFileSync(`${path}.new`, 'third');
    renameSync(`${path}.new`, path);
    await one.look();
    rmSync(path);
    await one.look();
    assert.deepEqual(seen, [undefined, 'first', 'other', 'third', undefined]);
    assert.equal(said.at(-1), `warn ${path}: is not there`);
  });

  it('stays as it was when the new one is damaged or too large, which is said once', async () => {
    writeFileSync(path, 'good');
    const one = await follow();
    writeFileSync(path, 'damaged');
    for (let i = 0; i < 3; i += 1) await one.look();
    writeFileSync(path, 'x'.repeat(101));
    await one.look();
    assert.deepEqual(seen, ['good']);
    assert.deepEqual(said, [
      `warn ${path}: is damaged; what was read before stays in force`,
      `warn ${path}: has 101 bytes; at most 100 are read; what was read before stays in force`,
    ]);
    writeFileSync(path, 'good again');
    await one.look();
    assert.deepEqual(seen, ['good', 'good again']);
  });

  it('may be a link, but nothing that is no file', async () => {
    writeFileSync(`${path}.target`, 'linked');
    symlinkSync(`${path}.target`, path);
    const one = await follow();
    rmSync(path);
    symlinkSync('/dev/zero', path);
    await one.look();
    assert.deepEqual(seen, ['linked']);
    assert.match(said.join(), /is not a plain file/);
  });

  it('is waited for until it is whole, where that is asked for', async () => {
    writeFileSync(path, 'first');
    const one = await follow({ settle: true });
    for (const part of ['sec', 'seco', 'second']) {
      writeFileSync(path, part);
      await one.look();
    }
    assert.deepEqual(seen, ['first']);
    await one.look();
    assert.deepEqual(seen, ['first', 'second']);
  });

  it('is looked at by itself, and no more after the end', async () => {
    const one = await follow({ periodMs: 5, expected: true });
    assert.deepEqual(said, [`warn ${path}: is not there`]);
    writeFileSync(path, 'there');
    for (let i = 0; i < 200 && seen.length < 2; i += 1) await sleep(5);
    one.close();
    writeFileSync(path, 'nobody looks');
    await one.look();
    assert.deepEqual(seen, [undefined, 'there']);
  });
});
