// The five hashes that SnabbWall has published, and the order of the two ends.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressWords, wallKey } from '../../../src/cli/wall-key.js';

const flow = (
  ip_protocol: number,
  local_ip: string,
  local_port: number,
  other_ip: string,
  other_port: number,
) => ({
  ip_version: local_ip.includes(':') ? (6 as const) : (4 as const),
  ip_protocol,
  vlan_id: 0,
  local_ip,
  local_port,
  other_ip,
  other_port,
});

const published: [ReturnType<typeof flow>, number][] = [
  [flow(6, '134.68.220.74', 2389, '192.168.1.2', 873), 0xf19ba8be],
  [flow(6, '134.68.220.74', 2390, '192.168.1.2', 873), 0xc6f96d0f],
  [flow(17, '192.168.20.1', 53, '192.168.20.21', 58870), 0x77becdcb],
  [flow(6, '192.168.20.21', 48114, '216.58.210.14', 443), 0x6e111c73],
  [flow(17, '192.168.0.1', 2087, '192.168.0.13', 57509), 0x1e016083],
];

describe('wallKey', () => {
  for (const [value, hash] of published) {
    it(`gives ${hash.toString(16)} for ${value.local_ip}:${value.local_port}`, () => {
      assert.equal(wallKey(value).hash, hash);
    });
  }

  it('sorts ports apart from addresses, by the swapped value', () => {
    const key = wallKey(flow(6, '192.168.20.21', 48114, '216.58.210.14', 443));
    assert.deepEqual(
      [key.lowerIp, key.lowerPort, key.upperIp, key.upperPort],
      ['192.168.20.21', 443, '216.58.210.14', 48114],
    );
    // 80 is 0x5000 as loaded, 1024 is 0x0004.
    assert.equal(wallKey(flow(6, '1.1.1.1', 80, '2.2.2.2', 1024)).lowerPort, 1024);
  });

  it('hashes IPv6 by the same rule', () => {
    // Not published: computed apart, from the packed 40 bytes.
    const key = wallKey(
      flow(6, '2001:6f8:102d:0:2d0:9ff:fee3:e8de', 59201, '2001:6f8:900:7c0::2', 80),
    );
    assert.equal(key.hash, 0x9edaf7be);
    assert.equal(key.lowerIp, '2001:6f8:900:7c0::2');
  });

  it('has no ports without TCP or UDP', () => {
    assert.deepEqual(
      wallKey(flow(132, '1.1.1.1', 7, '2.2.2.2', 9)),
      wallKey(flow(132, '1.1.1.1', 0, '2.2.2.2', 0)),
    );
  });

  it('is the same from both sides, and depends on the VLAN', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.ipV4(),
        fc.nat(65535),
        fc.nat(65535),
        fc.nat(4095),
        (a, b, p, q, vlan_id) => {
          const one = wallKey({ ...flow(6, a, p, b, q), vlan_id });
          assert.deepEqual(wallKey({ ...flow(6, b, q, a, p), vlan_id }), one);
          assert.ok(one.hash >= 0 && one.hash <= 0xffffffff && Number.isInteger(one.hash));
        },
      ),
    );
    const at = flow(6, '1.1.1.1', 1, '2.2.2.2', 2);
    assert.notEqual(wallKey(at).hash, wallKey({ ...at, vlan_id: 1 }).hash);
  }).timeout(20_000);
});

describe('addressWords', () => {
  for (const [text, hex] of [
    ['10.0.255.1', '0a00ff01'],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['fe80::', `fe80${'00'.repeat(14)}`],
    ['2001:db8::a:0:b', '20010db800000000 0000 000a0000000b'.replaceAll(' ', '')],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ] as const) {
    it(`reads ${text}`, () =>
      assert.equal(
        addressWords(text)
          .map((word) => word.toString(16).padStart(8, '0'))
          .join(''),
        hex,
      ));
  }
});
