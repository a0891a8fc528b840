// The list of the package, against rows of the registries that are looked up by hand; and lists that are none.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isLocallyAdministered, MacVendors, vendorsFile } from '../../../src/flow/mac-vendors.js';

describe('MAC vendors', function () {
  this.timeout(20_000);
  const vendors = MacVendors.read();

  it('are in a small file that says of when it is', () => {
    assert.ok(statSync(vendorsFile).size < 600_000);
    assert.match(vendors.date, /^20\d\d-\d\d-\d\d$/);
    assert.match(vendors.source, /IEEE/);
    assert.ok(vendors.size > 45_000, `${vendors.size}`);
  });

  it('are found by the longest prefix', () => {
    const of = (mac: string) => vendors.of(mac);
    assert.equal(of('00:22:72:12:34:56'), 'American Micro-Fuel Device Corp.'); // MA-L
    assert.equal(of('20:85:93:b1:23:45'), 'IOG Products LLC'); // MA-M
    assert.equal(of('70:b3:d5:f2:f0:01'), 'TELEPLATFORMS'); // MA-S
    assert.equal(of('00:50:c2:7d:50:01'), 'DEUTA-WERKE GmbH'); // IAB
  });

  it('are nobody for blocks that are hidden, handed on in parts, or not given away', () => {
    assert.equal(vendors.of('74:1a:e0:91:23:45'), undefined); // MA-M "Private"
    assert.equal(vendors.of('70:b3:d5:ff:ff:ff'), undefined); // IEEE's own, its parts have others
    assert.equal(vendors.of('fc:ff:ff:00:00:00'), undefined);
    assert.equal(vendors.of('no mac at all'), undefined);
  });

  it('agree with the registries of this machine where it has them and they are the same', function () {
    const registry = '/usr/share/ieee-data/oui.csv';
    if (!existsSync(registry)) this.skip();
    if (statSync(registry).mtime.toISOString().slice(0, 10) !== vendors.date) this.skip();
    let [rows, others] = [0, 0];
    for (const line of readFileSync(registry, 'utf8').split('\n')) {
      const [, prefix = '', name = ''] = /^MA-L,([0-9A-F]{6}),([^",]+),/.exec(line) ?? [];
      if (name === '' || /^(private|ieee registration authority)$/i.test(name)) continue;
      rows += 1;
      const mac = `${(prefix.toLowerCase().match(/../g) ?? []).join(':')}:00:00:00`;
      if (vendors.of(mac) !== name.replaceAll(/[\s\p{C}]+/gu, ' ').trim()) others += 1;
    }
    // Some prefixes were given away twice.
    assert.ok(rows > 15_000 && others < 10, `${others} of ${rows}`);
  });

  it('know a MAC that is made up', () => {
    for (const mac of ['02:00:00:00:00:01', 'da:a1:19:00:00:00', '52:54:00:12:34:56'])
      assert.equal(isLocallyAdministered(mac), true, mac);
    for (const mac of ['00:22:72:00:00:00', '01:00:5e:00:00:01'])
      assert.equal(isLocallyAdministered(mac), false, mac);
  });

  it('are refused when the list is damaged', () => {
    const good = gunzipSync(readFileSync(vendorsFile));
    for (const size of [0, 1, 100, good.length - 1, good.length - 60_000])
      assert.throws(() => new MacVendors(good.subarray(0, size)), `${size}`);
    const many = Buffer.from('{"format":1,"source":"x","date":"x","counts":[1e9,0,0]}\nA\n\n\0\0');
    assert.throws(() => new MacVendors(many), /cut off/);
    const nameless = Buffer.from(
      '{"format":1,"source":"","date":"","counts":[1,0,0]}\nA\n\n\x01\x05',
    );
    assert.throws(() => new MacVendors(nameless), /has no name 5/);
    assert.throws(() => new MacVendors(Buffer.from('{"format":2}\n\n')), /no list/);
  });
});
