// The agent's names: form, the one that wins, the file that is damaged, the race at the first start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { agentUuid, generateUuid, isUuid, nameFrom } from '../../../src/state/uuid.js';
import { Scratch } from './scratch.js';

describe('agent UUID', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());
  const get = (given?: string) =>
    agentUuid({ given, path: scratch.in('etc', 'agent.uuid'), log: scratch.log });

  it('has netifyd’s form and no letter O', () => {
    const letters = new Set<string>();
    for (let n = 0; n < 500; n += 1) {
      const uuid = generateUuid();
      assert.match(uuid, /^[0-9A-NP-Z]{2}(-[0-9A-NP-Z]{2}){3}$/);
      for (const letter of uuid.replaceAll('-', '')) letters.add(letter);
    }
    assert.equal(letters.size, 35);
  });

  it('is generated once and stays', async () => {
    const first = await get();
    assert.ok(isUuid(first));
    assert.equal(readFileSync(scratch.in('etc/agent.uuid'), 'utf8'), `${first}\n`);
    assert.equal(statSync(scratch.in('etc/agent.uuid')).mode & 0o777, 0o644);
    assert.equal(await get(), first);
    assert.equal(await get('00-00-00-00'), first);
    assert.equal(await get('AA-BB-CC-DD'), 'AA-BB-CC-DD');
    assert.equal(readFileSync(scratch.in('etc/agent.uuid'), 'utf8'), `${first}\n`);
  });

  it('is one when several ask at the first start', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => get()));
    assert.equal(new Set(all).size, 1);
  });

  it('takes the file of netifyd, replaces a null one, sets another aside', async () => {
    mkdirSync(scratch.in('etc'));
    const put = (text: string | Buffer) => writeFileSync(scratch.in('etc/agent.uuid'), text);
    put('4G-8T-Q1-22');
    assert.equal(await get(), '4G-8T-Q1-22');
    for (const nothing of ['00-00-00-00\n', '', '\n']) {
      put(nothing);
      const uuid = await get();
      assert.ok(isUuid(uuid) && uuid !== '00-00-00-00');
      assert.equal(await get(), uuid);
    }
    put(Buffer.alloc(1 << 20, 'x'));
    assert.ok(isUuid(await get()));
    assert.match(readdirSync(scratch.in('etc')).join(), /agent\.uuid,agent\.uuid\.damaged-/);
    assert.deepEqual(scratch.complaints(), ['state file set aside']);
  });

  it('holds for the run when it cannot be kept', async () => {
    mkdirSync(scratch.in('etc/agent.uuid'), { recursive: true });
    await assert.rejects(get(), /agent\.uuid: is not a plain file/);
    rmSync(scratch.in('etc'), { recursive: true });
    writeFileSync(scratch.in('etc'), '');
    await assert.rejects(get(), { code: 'ERR_STATE' });
  });
});

describe('serial number and site', () => {
  it('come from the configuration, a file, or are none', async () => {
    const scratch = new Scratch();
    try {
      assert.equal(await nameFrom(scratch.in('serial.uuid')), '-');
      writeFileSync(scratch.in('serial.uuid'), 'SN\u0007 12345\nmore');
      assert.equal(await nameFrom(scratch.in('serial.uuid')), 'SN12345');
      assert.equal(await nameFrom(scratch.in('serial.uuid'), 'given'), 'given');
      assert.equal(await nameFrom(scratch.in('serial.uuid'), '-'), 'SN12345');
      execFileSync('mkfifo', [scratch.in('fifo')]);
      await assert.rejects(nameFrom(scratch.in('fifo')), /not a plain file/);
    } finally {
      scratch.remove();
    }
  });
});
