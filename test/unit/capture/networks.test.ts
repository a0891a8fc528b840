// Classes for the engine from the addresses and routes of a host, and the arithmetic of prefixes below them.
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { isPrivate, type NetworkOptions, networksOf } from '../../../src/capture/networks.js';
import {
  contains,
  formatAddress,
  masked,
  parseAddress,
  parsePrefix,
} from '../../../src/capture/prefix.js';
import { DipperError } from '../../../src/errors.js';
import { address, host, link, route } from './host-state.js';

const rows = (state: ReturnType<typeof host>, options: NetworkOptions) =>
  networksOf(state, options).map((row) => `${row.class} ${row.prefix}`);

describe('networks', () => {
  const router = host(
    [link(2, 'lan'), link(3, 'wan'), link(4, 'ppp0')],
    [
      address(2, '192.168.1.1/24', { broadcast: '192.168.1.255' }),
      address(2, '2001:db8:1::1/64'),
      address(2, 'fe80::1/64', { scope: 253 }),
      address(3, '203.0.113.5/29', { broadcast: '203.0.113.7' }),
      address(4, '198.51.100.7/32', { broadcast: '198.51.100.7' }),
      address(4, '10.64.0.2/32', { peer: '10.64.0.1' }),
    ],
    [
      route('default4', 3),
      route('192.168.1.0/24', 2),
      route('192.168.7.0/24', 2),
      route('10.0.0.0/8', 2, { table: 100 }),
      route('0.0.0.0/1', 2),
      route('2000::/3', 2),
      route('ff00::/8', 2, { table: 255 }),
      route('192.168.1.255/32', 2, { type: 'broadcast', table: 255 }),
      route('198.51.100.7/32', 4, { type: 'broadcast', table: 255 }),
    ],
  );

  it('are own addresses, connected prefixes, routes and broadcasts, without default routes', () => {
    assert.deepEqual(rows(router, { interface: 'lan' }), [
      'local_ip 192.168.1.1/32',
      'local_ip 2001:db8:1:0:0:0:0:1/128',
      'local_ip fe80:0:0:0:0:0:0:1/128',
      'local_net 192.168.1.0/24',
      'local_net 2001:db8:1:0:0:0:0:0/64',
      'local_net fe80:0:0:0:0:0:0:0/64',
      'local_net 192.168.7.0/24',
      'broadcast 192.168.1.255/32',
    ]);
    assert.deepEqual(rows(router, { interface: 'wan' }), [
      'local_ip 203.0.113.5/32',
      'local_net 203.0.113.0/29',
      'broadcast 203.0.113.7/32',
    ]);
  });

  it('never make an own address broadcast, and a /32 is no network', () => {
    assert.deepEqual(rows(router, { interface: 'ppp0' }), [
      'local_ip 198.51.100.7/32',
      'local_ip 10.64.0.2/32',
      'local_net 10.64.0.1/32',
    ]);
  });

  it('take peers and extra addresses, and know a file’s interface by those alone', () => {
    assert.deepEqual(rows(router, { interface: 'wan', peers: ['ppp0'] }).slice(0, 3), [
      'local_ip 203.0.113.5/32',
      'local_ip 198.51.100.7/32',
      'local_ip 10.64.0.2/32',
    ]);
    assert.deepEqual(
      rows(router, {
        interface: 'tap9',
        addresses: [
          '172.20.1.9/16',
          '10.5.0.0/24',
          '192.0.2.1/32',
          '10.1.1.0/31',
          '2001:db8::9/32',
        ],
      }),
      [
        'local_ip 172.20.1.9/32',
        'local_ip 192.0.2.1/32',
        'local_ip 10.1.1.0/32',
        'local_ip 2001:db8:0:0:0:0:0:9/128',
        'local_net 172.20.0.0/16',
        'local_net 10.5.0.0/24',
        'local_net 10.1.1.0/31',
        'local_net 2001:db8:0:0:0:0:0:0/32',
        'broadcast 172.20.255.255/32',
        'broadcast 10.5.0.255/32',
      ],
    );
  });

  for (const wrong of [
    '192.0.2.1',
    '192.0.2.1/33',
    '1.2.3/8',
    '0.0.0.0/0',
    '::/0',
    'x/8',
    'fe80::1%eth0/64',
    '',
  ])
    it(`refuse ${JSON.stringify(wrong)} as an extra address`, () => {
      assert.throws(
        () => networksOf(router, { interface: 'lan', addresses: [wrong] }),
        (error) => error instanceof DipperError && error.code === 'ERR_OPTION_INVALID',
      );
    });

  it('know private addresses', () => {
    for (const yes of ['10.0.0.0', '172.31.255.255', '192.168.3.4', '100.64.0.1', 'fd00::1'])
      assert.equal(isPrivate(yes), true, yes);
    for (const no of [
      '172.32.0.0',
      '100.128.0.1',
      '169.254.1.1',
      '127.0.0.1',
      'fe80::1',
      '8.8.8.8',
      'x',
    ])
      assert.equal(isPrivate(no), false, no);
  });
});

describe('prefixes', () => {
  const inner = fc.oneof(
    fc.record({ text: fc.ipV4(), family: fc.constant('ipv4' as const), bits: fc.nat(32) }),
    fc.record({ text: fc.ipV6(), family: fc.constant('ipv6' as const), bits: fc.nat(128) }),
  );

  it('are written and read back', () => {
    fc.assert(
      fc.property(inner, ({ text }) => {
        const bytes = parseAddress(text);
        assert.ok(bytes);
        assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
      }),
    );
  });

  it('contain what Node’s BlockList says they do', () => {
    fc.assert(
      fc.property(inner, inner, fc.boolean(), (net, other, within) => {
        if (net.family !== other.family) return;
        const outer = parsePrefix(`${net.text}/${net.bits}`);
        assert.ok(outer);
        const text = within ? formatAddress(masked(outer, true)) : other.text;
        const list = new BlockList();
        list.addSubnet(net.text, net.bits, net.family);
        const host = parsePrefix(text);
        assert.ok(host);
        assert.equal(contains(outer, host), list.check(text, net.family));
      }),
    );
  });

  it('mask every length', () => {
    const masks = [0, 1, 7, 8, 9, 31, 32].map((bits) => {
      const prefix = { ipVersion: 4 as const, address: Uint8Array.of(255, 255, 255, 255), bits };
      return formatAddress(masked(prefix));
    });
    assert.deepEqual(masks, [
      ...['0.0.0.0', '128.0.0.0', '254.0.0.0', '255.0.0.0', '255.128.0.0'],
      ...['255.255.255.254', '255.255.255.255'],
    ]);
  });
});
