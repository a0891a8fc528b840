// Sealed files and the caches in them: every single damaged byte is noticed, and costs the content but not the start.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CacheFiles, type CachePlace } from '../../../src/state/caches.js';
import { StateDirectory } from '../../../src/state/directory.js';
import { readSealed, seal, unseal, writeSealed } from '../../../src/state/sealed-file.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { Scratch } from './scratch.js';

const kind = { kind: 'dnshints', version: 2, limit: 1000 };
const sealed = (content: Uint8Array, of = kind) => Buffer.concat(seal(of, content, 1700000000123));

describe('sealed files', () => {
  it('give back what was put in, with its version and time', () => {
    for (const length of [0, 1, 999, 1000]) {
      const content = randomBytes(length);
      const back = unseal(kind, sealed(content));
      assert.deepEqual(back, { content, version: 2, writtenAt: 1700000000123 });
    }
    assert.equal(unseal(kind, sealed(Buffer.from('old'), { ...kind, version: 1 })).version, 1);
  });

  it('have the documented layout', () => {
    const bytes = sealed(Buffer.from('abc'));
    assert.equal(bytes.toString('latin1', 0, 16), 'DIPPERSTdnshints');
    assert.deepEqual(
      [bytes.readUInt32LE(16), bytes.readUInt32LE(20), bytes.readUInt32LE(24), bytes.length],
      [1, 2, 3, 75],
    );
  });

  it('notice any changed byte, any cut and any addition', () => {
    const good = sealed(Buffer.from('the content'));
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      // The time is covered by the checksum, too.
      assert.throws(() => unseal(kind, bad), Error, `byte ${at}`);
      assert.throws(() => unseal(kind, good.subarray(0, at)), Error, `${at} bytes`);
    }
    assert.throws(() => unseal(kind, Buffer.concat([good, Buffer.from('x')])));
  });

  it('say what is wrong', () => {
    const from = (of: typeof kind) => () => unseal(kind, sealed(Buffer.from('x'), of));
    assert.throws(from({ ...kind, kind: 'flowhash' }), /is of kind "flowhash", not dnshints/);
    assert.throws(from({ ...kind, version: 3 }), /newer dipperd \(version 1\.3\)/);
    assert.throws(() => unseal(kind, sealed(Buffer.alloc(1001))), /has 1001 bytes/);
    assert.throws(() => unseal(kind, Buffer.alloc(80)), /not a state file/);
  });

  it('are set aside when damaged, and the start goes on', async () => {
    const scratch = new Scratch();
    try {
      const directory = await StateDirectory.open(scratch.path, { log: scratch.log });
      assert.equal(await readSealed(directory, 'x', kind, scratch.log), undefined);
      await writeSealed(directory, 'x', kind, Buffer.from('fine'));
      assert.equal(
        (await readSealed(directory, 'x', kind, scratch.log))?.content.toString(),
        'fine',
      );
      writeFileSync(scratch.in('x'), readFileSync(scratch.in('x')).subarray(0, -1));
      assert.equal(await readSealed(directory, 'x', kind, scratch.log), undefined);
      assert.match(readdirSync(scratch.path).join(), /^x\.damaged-\d{8}T\d{6}\.\d{3}Z$/);
      assert.deepEqual(scratch.complaints(), ['state file set aside']);
      writeFileSync(scratch.in('x'), Buffer.alloc(5000)); // longer than is read
      assert.equal(await readSealed(directory, 'x', kind, scratch.log), undefined);
      assert.ok(!existsSync(scratch.in('x')));
    } finally {
      scratch.remove();
    }
  });
});

describe('caches', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  let places: { persistent: StateDirectory; volatile: StateDirectory };
  beforeEach(async () => {
    scratch = new Scratch();
    places = {
      persistent: await StateDirectory.open(scratch.in('p'), { log: scratch.log }),
      volatile: await StateDirectory.open(scratch.in('v'), { log: scratch.log }),
    };
  });
  afterEach(() => scratch.remove());

  function make(place: CachePlace, refuse = false) {
    const cache = { held: Buffer.from(''), imports: 0 };
    const content = {
      export: () => cache.held,
      import: (bytes: Buffer) => {
        if (refuse) throw new Error('not mine');
        cache.held = Buffer.from(bytes);
        cache.imports += 1;
        return bytes.length;
      },
    };
    const failures = new WriteFailures(scratch.log);
    const row = { ...kind, name: 'dns-hints.cache', place, content };
    const files = new CacheFiles({ ...places, rows: [row], failures, log: scratch.log });
    return { cache, files, failures };
  }

  for (const [place, folder] of [
    ['persistent', 'p'],
    ['volatile', 'v'],
  ] as const) {
    it(`come back from a ${place} file`, async () => {
      const first = make(place);
      first.cache.held = Buffer.from('learned');
      await first.files.save();
      assert.deepEqual(readdirSync(scratch.in(folder)), ['dns-hints.cache']);
      const second = make(place);
      await second.files.load();
      assert.equal(second.cache.held.toString(), 'learned');
    });
  }

  it('are written when they changed, only', async () => {
    const { cache, files } = make('persistent');
    cache.held = Buffer.from('one');
    await files.save();
    rmSync(scratch.in('p/dns-hints.cache'));
    await files.save();
    assert.ok(!existsSync(scratch.in('p/dns-hints.cache')));
    cache.held = Buffer.from('two');
    await Promise.all([files.save(), files.save(), files.save()]);
    assert.ok(existsSync(scratch.in('p/dns-hints.cache')));
  });

  it('touch no disk when disabled', async () => {
    const { cache, files } = make('disabled');
    cache.held = Buffer.from('x');
    await files.save();
    await files.load();
    assert.deepEqual([...readdirSync(scratch.in('p')), ...readdirSync(scratch.in('v'))], []);
    assert.equal(cache.imports, 0);
  });

  it('are set aside when their owner refuses them', async () => {
    const { cache, files } = make('persistent');
    cache.held = Buffer.from('x');
    await files.save();
    await make('persistent', true).files.load();
    assert.match(readdirSync(scratch.in('p')).join(), /^dns-hints\.cache\.damaged-/);
    assert.equal(scratch.said.at(-1)?.reason, 'not mine');
  });

  it('that grow over their bound, or cannot be written, are counted and said once', async () => {
    const { cache, files, failures } = make('persistent');
    cache.held = Buffer.alloc(1001);
    await files.save();
    await files.save();
    assert.deepEqual([failures.total, scratch.complaints().length], [2, 1]);
    cache.held = Buffer.from('small');
    await files.save();
    assert.equal(scratch.said.at(-1)?.msg, 'state file is written again');
    // A file stands where the folder was: not even root can write there.
    rmSync(scratch.in('p'), { recursive: true });
    writeFileSync(scratch.in('p'), '');
    chmodSync(scratch.in('p'), 0o600);
    cache.held = Buffer.from('more');
    await files.save();
    assert.equal(failures.total, 3);
  });
});
