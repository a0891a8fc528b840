// Databases with known networks, and files that are none: made here, byte by byte.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GeoDatabase, placeOf } from '../../../src/flow/geo-database.js';
import { encode, makeDatabase, Pointer, type Value } from './mmdb-writer.js';

const berlin = {
  continent: { code: 'EU', names: { en: 'Europe' } },
  country: { iso_code: 'DE', names: { de: 'Deutschland', en: 'Germany' } },
  subdivisions: [{ iso_code: 'BE', names: { en: 'Land Berlin' } }],
  city: { names: { en: 'Berlin' } },
  location: { latitude: 52.52, longitude: -13.4, accuracy_radius: 20 },
};
const inBerlin = {
  ...{ continent: 'EU', country: 'DE', country_name: 'Germany', region: 'BE' },
  ...{ region_name: 'Land Berlin', city: 'Berlin', location: { lat: 52.52, lon: -13.4 } },
};
const system = (number: number, organization: string) => ({
  autonomous_system_number: number,
  autonomous_system_organization: organization,
});
const now = () => Promise.resolve();
const open = async (file: Buffer) => await GeoDatabase.open(file, now);

describe('a database of places', () => {
  for (const recordSize of [24, 28, 32] as const)
    for (const ipVersion of [4, 6] as const)
      it(`finds nested networks, records of ${recordSize} bits, IPv${ipVersion}`, async () => {
        const networks: Record<string, Value> = {
          '192.0.2.0/24': system(64496, 'Wide'),
          '192.0.2.64/26': system(64497, 'Narrow'),
          '192.0.2.65/32': system(64498, 'One'),
          '198.51.100.0/25': system(64499, 'Half'),
          ...(ipVersion === 6 && {
            '2001:db8::/32': system(64500, 'Six'),
            '2001:db8:1::/48': system(64501, 'Inner six'),
          }),
        };
        const database = await open(makeDatabase(networks, { recordSize, ipVersion }));
        const number = (address: string) => database.of(address).as?.number;
        assert.equal(number('192.0.2.1'), 64496);
        assert.equal(number('192.0.2.64'), 64497);
        assert.equal(number('192.0.2.65'), 64498);
        assert.equal(number('192.0.2.66'), 64497);
        assert.equal(number('192.0.2.128'), 64496);
        assert.equal(number('198.51.100.127'), 64499);
        for (const unknown of ['198.51.100.128', '203.0.113.1', '0.0.0.0', '2001:db9::1', '::'])
          assert.deepEqual(database.of(unknown), {}, unknown);
        const six = ipVersion === 6 ? [64500, 64501] : [undefined, undefined];
        assert.deepEqual([number('2001:db8::1'), number('2001:db8:1:2::3')], six);
        assert.equal(database.failed, 0);
      });

  it('says where and whose, as MaxMind and as flat databases have it', async () => {
    const database = await open(
      makeDatabase({ '192.0.2.0/24': berlin, '198.51.100.0/24': system(64496, 'Example') }),
    );
    assert.deepEqual(database.of('192.0.2.9'), { geo: inBerlin });
    assert.deepEqual(database.of('198.51.100.9'), {
      as: { number: 64496, organization: 'Example' },
    });
    assert.equal(database.type, 'Test');
    assert.equal(database.builtOn, '2023-11-14');
    const dateless = makeDatabase(
      { '192.0.2.0/24': 'x' },
      { metadata: { build_epoch: 2n ** 62n } },
    );
    assert.equal((await open(dateless)).builtOn, 'no date');
    assert.deepEqual(
      placeOf({ asn: 'AS64496', as_name: 'Example', country_code: 'DE', continent_code: 'EU' }),
      { geo: { continent: 'EU', country: 'DE' }, as: { number: 64496, organization: 'Example' } },
    );
  });

  it('takes over only what is of the right kind and size', () => {
    const hostile = {
      country: { iso_code: 'a"}', names: { en: 'x'.repeat(10_000) } },
      city: { names: { en: ['not', 'a', 'name'] } },
      location: { latitude: 91, longitude: 10 },
      autonomous_system_number: -1,
    };
    const { geo, as } = placeOf(hostile);
    assert.deepEqual([Object.keys(geo ?? {}), as], [['country_name'], undefined]);
    assert.equal(geo?.country_name?.length, 128);
    for (const nothing of [null, undefined, 7, 'text', [], { __proto__: { city: 'x' } }])
      assert.deepEqual(placeOf(nothing), {});
  });

  it('follows pointers, also to what has pointers', async () => {
    const prelude = Buffer.concat([
      encode({ en: 'Germany' }),
      encode({ iso_code: 'DE', names: new Pointer(0) }),
    ]);
    const file = makeDatabase(
      { '192.0.2.0/24': { country: new Pointer(encode({ en: 'Germany' }).length) } },
      { prelude },
    );
    assert.deepEqual((await open(file)).of('192.0.2.1').geo, {
      ...{ country: 'DE', country_name: 'Germany' },
    });
  });
});

describe('a damaged database', function () {
  this.timeout(20_000);
  const refused = async (file: Buffer, why: RegExp) => await assert.rejects(open(file), why);
  const good = makeDatabase({ '192.0.2.0/24': berlin, '2001:db8::/32': system(64496, 'Six') });

  it('is refused wherever it is cut off', async () => {
    await open(good);
    for (let size = 0; size < good.length; size += 1)
      await assert.rejects(open(good.subarray(0, size)));
    for (let from = 1; from < 40; from += 1) await assert.rejects(open(good.subarray(from)));
    await refused(Buffer.from('not a database'), /no MaxMind DB file/);
  });

  it('is refused when its tree, data or metadata lie', async () => {
    const of = (metadata: Record<string, Value>) =>
      makeDatabase({ '192.0.2.0/24': 'x' }, { metadata });
    await refused(of({ node_count: 4_000_000_000 }), /longer than the file/);
    await refused(of({ node_count: 0 }), /make no sense|does not end/);
    await refused(of({ ip_version: 5 }), /make no sense/);
    await refused(of({ record_size: 31 }), /record size/);
    const records = Buffer.from(good);
    records.fill(0xff, 0, 7);
    await refused(records, /points to nothing/);
    const loop = (prelude: Buffer) => makeDatabase({ '192.0.2.0/24': 'x' }, { prelude });
    await refused(loop(encode(new Pointer(99_999))), /a pointer leads/);
    await refused(loop(encode({ a: new Pointer(2) })), /a pointer leads/);
    await refused(loop(Buffer.from([0x00, 0x0d])), /type 20/);
  });

  it('is refused for sizes that would cost memory or time', async () => {
    const of = (prelude: Buffer) => makeDatabase({ '192.0.2.0/24': 'x' }, { prelude });
    await refused(of(Buffer.from([0x1f, 0x04, 0xff, 0xff, 0xff])), /16843036 members/); // an array
    await refused(of(Buffer.from([0xff, 0xff, 0xff, 0xff])), /16843036 members/); // a map
    let nested: Value = 'x';
    for (let i = 0; i < 20; i += 1) nested = [nested];
    await refused(of(encode(nested)), /nested too deeply/);
    await refused(of(encode('x'.repeat(70_000))), /size 70000/);
  });

  it('costs a bounded time for pointers that lead in circles or fan out', async () => {
    const circle = makeDatabase(
      { '192.0.2.0/24': new Pointer(0) },
      { prelude: encode(new Pointer(0)) },
    );
    const database = await open(circle);
    assert.deepEqual(database.of('192.0.2.1'), {});
    assert.equal(database.failed, 1);
    // Ten members each, ten levels: ten thousand million values.
    const levels = [encode(['x'])];
    const offsets = [0];
    for (let level = 1; level < 10; level += 1) {
      offsets.push((offsets.at(-1) ?? 0) + (levels.at(-1)?.length ?? 0));
      levels.push(encode(Array.from({ length: 10 }, () => new Pointer(offsets.at(-2) ?? 0))));
    }
    const fan = makeDatabase(
      { '192.0.2.0/24': new Pointer(offsets.at(-1) ?? 0) },
      { prelude: Buffer.concat(levels) },
    );
    assert.deepEqual((await open(fan)).of('192.0.2.1'), {});
  });

  it('never does harm, whichever byte is another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        async (at, byte) => {
          const file = Buffer.from(good);
          file[at] = byte;
          const database = await open(file).catch(() => undefined);
          for (const address of ['192.0.2.1', '2001:db8::1', '10.0.0.1']) database?.of(address);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
