// The comparison with tshark must be able to fail, and its own JA4 must give the published values.
import assert from 'node:assert/strict';
import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import { compareCapture } from '../../conformance/tshark/compare.js';
import { type Figure, figures } from '../../conformance/tshark/figures.js';
import { type Frame, frameOf } from '../../conformance/tshark/frames.js';
import { type ClientHello, ja4 } from '../../conformance/tshark/ja4.js';

const numbers = (list: string) => list.split(',').map((digits) => Number.parseInt(digits, 16));

// FoxIO, technical_details/JA4.md: the lists and the results of its worked example.
const published: ClientHello = {
  transport: 't',
  version: 0x0303,
  supportedVersions: [0x0a0a, 0x0304, 0x0303],
  ciphers: numbers('1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
  extensions: numbers(
    '001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015',
  ),
  signatureAlgorithms: numbers('0403,0804,0401,0503,0805,0501,0806,0601'),
  alpn: Buffer.from('h2'),
};
const columns = [
  ...['frame.number', 'frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['tcp.stream', 'tcp.srcport', 'tcp.dstport', 'udp.stream', 'udp.srcport', 'udp.dstport'],
  ...['tls.handshake.type', 'tls.handshake.extensions_server_name', 'gtp.teid', 'gtp.message'],
];
const row = (protocols: string, more: Record<string, string>): Frame[] =>
  frameOf(
    columns.map(
      (name) => ({ 'frame.number': '7', 'frame.protocols': protocols, ...more })[name] ?? '',
    ),
    columns,
  );
const endpoints = { 'tcp.stream': '3', 'tcp.srcport': '50123', 'tcp.dstport': '443' };

describe('JA4 by the second implementation', () => {
  it('is the published one', () => {
    assert.equal(ja4(published), 't13d1516h2_8daaf6152771_e5627efa2ab1');
    const silent = { ...published, signatureAlgorithms: [] };
    assert.equal(ja4(silent), 't13d1516h2_8daaf6152771_6d807ffa2a79');
  });

  it('passes over grease, wherever it is', () => {
    const greased = {
      ...published,
      ciphers: [0x1a1a, ...published.ciphers],
      extensions: [0xfafa, ...published.extensions, 0x2a2a],
      signatureAlgorithms: [0x4a4a, ...published.signatureAlgorithms],
    };
    assert.equal(ja4(greased), ja4(published));
    const other = { ...published, ciphers: [...published.ciphers, 0x1a2a] }; // two bytes: no grease
    assert.match(ja4(other), /^t13d1616h2_/);
  });

  it('takes the ends of the first protocol, as digits where they are no letters', () => {
    const ends = (bytes: readonly number[]) =>
      ja4({ ...published, alpn: Buffer.from(bytes) }).slice(8, 10);
    const rows: [string, number[]][] = [
      ['ab', [0xab]],
      ['20', [0x20]],
      ['ad', [0xab, 0xcd]],
      ['21', [0x20, 0x61]],
      ['3b', [0x30, 0xab]],
      ['60', [0x61, 0x20]],
      ['3d', [0x30, 0x31, 0xab, 0xcd]],
      ['01', [0x30, 0xab, 0xcd, 0x31]],
      ['hh', [0x68]],
      ['00', []],
    ];
    for (const [expected, bytes] of rows) assert.equal(ends(bytes), expected, String(bytes));
    assert.match(ja4({ ...published, alpn: undefined }), /^t13d151600_/);
  });

  it('knows the versions, and what has none of a list', () => {
    const start = (more: Partial<ClientHello>) => ja4({ ...published, ...more }).slice(0, 4);
    assert.equal(start({ supportedVersions: [] }), 't12d');
    assert.equal(start({ transport: 'd', supportedVersions: [0xfefc, 0xfefd] }), 'dd3d');
    assert.equal(start({ transport: 'q', version: 0x9999, supportedVersions: [] }), 'q00d');
    const bare = { ...published, ciphers: [], extensions: [], alpn: undefined };
    assert.equal(ja4(bare), 't13i000000_000000000000_000000000000');
  });
});

describe('the comparison with tshark', () => {
  const sni = figures.filter(({ name }) => name === 'SNI') as [Figure];
  const record = (more: object) =>
    ({
      flow: {
        ...{ ip_protocol: 6, local_ip: '192.0.2.1', local_port: 50123, local_origin: true },
        ...{ other_ip: '198.51.100.7', other_port: 443, ...more },
      },
    }) as FlowPurge;
  const hello = row('eth:ethertype:ip:tcp:tls', {
    ...endpoints,
    ...{ 'ip.src': '192.0.2.1', 'ip.dst': '198.51.100.7' },
    ...{ 'tls.handshake.type': '1', 'tls.handshake.extensions_server_name': 'www.example.org' },
  });
  const compare = (lines: FlowPurge[], frames: Frame[]) => {
    const { checks, differences } = compareCapture('x.pcap', sni, lines, frames);
    return [checks.get('SNI'), ...differences.map(({ expected, seen }) => `${expected}/${seen}`)];
  };

  it('sees what is the same, what differs, and what only one of the two has', () => {
    const said = { ssl: { client_sni: 'www.example.org' } };
    assert.deepEqual(compare([record(said)], hello), [1]);
    assert.deepEqual(compare([record({ ssl: { client_sni: 'other.example.org' } })], hello), [
      1,
      'www.example.org/other.example.org',
    ]);
    assert.deepEqual(compare([record({})], hello), [1, 'www.example.org/']);
    assert.deepEqual(compare([record(said)], []), [1, '/www.example.org']);
    assert.deepEqual(compare([], hello), [1, 'www.example.org/']);
    assert.deepEqual(compare([record({})], []), [0]);
  });

  it('compares the ends of the innermost GTP tunnel, whichever side is the client', () => {
    const gtp = figures.filter(({ name }) => name.startsWith('GTP'));
    const packet = (from: string, teid: string, inner: [string, string], ports: [string, string]) =>
      row('eth:ethertype:ip:udp:gtp:ip:tcp', {
        'frame.number': '1',
        'ip.src': `${from}\x1f${inner[0]}`,
        'ip.dst': `203.0.113.9\x1f${inner[1]}`,
        ...{ 'tcp.stream': '0', 'tcp.srcport': ports[0], 'tcp.dstport': ports[1] },
        ...{ 'gtp.teid': teid, 'gtp.message': '0xff' },
      });
    const frames = [
      ...packet('203.0.113.1', '0x0000000a', ['192.0.2.1', '198.51.100.7'], ['50123', '443']),
      ...packet('203.0.113.2', '0x0000000b', ['198.51.100.7', '192.0.2.1'], ['443', '50123']),
    ];
    const local = { local_ip: '203.0.113.1', local_teid: 11 };
    const ends = { ...local, other_ip: '203.0.113.2', other_teid: 10 };
    const { checks, differences } = compareCapture('x', gtp, [record({ gtp: ends })], frames);
    assert.deepEqual([[...checks.values()], differences], [[1, 1, 1, 1], []]);
    const asServer = {
      ...{ local_ip: '198.51.100.7', local_port: 443, other_ip: '192.0.2.1', other_port: 50123 },
      local_origin: false,
      gtp: { local_ip: '203.0.113.2', local_teid: 10, other_ip: '203.0.113.1', other_teid: 11 },
    };
    assert.deepEqual(compareCapture('x', gtp, [record(asServer)], frames).differences, []);
    const wrong = record({ gtp: { ...ends, local_teid: 12 } });
    assert.deepEqual(
      compareCapture('x', gtp, [wrong], frames).differences.map(({ expected }) => expected),
      ['0x0000000b'],
    );
  });

  it('takes the innermost addresses, and nothing that an ICMP error quotes', () => {
    const both = { ...endpoints, 'ip.src': '10.0.0.1', 'ip.dst': '10.0.0.2' };
    const inner = { ...both, 'ipv6.src': '2001:db8::2', 'ipv6.dst': '2001:db8::1' };
    assert.equal(
      row('eth:ethertype:ip:ipv6:tcp:tls', inner)[0]?.flow,
      'tcp 2001:db8::1 443 2001:db8::2 50123',
    );
    const nested = {
      ...both,
      'ip.src': '10.0.0.1\x1f192.0.2.1',
      'ip.dst': '10.0.0.2\x1f192.0.2.9',
    };
    assert.equal(row('eth:ethertype:ip:gre:ip:tcp', nested)[0]?.sender, '192.0.2.1 50123');
    assert.deepEqual(row('eth:ethertype:ip:udp:gtp:ip:esp', nested), []);
    assert.deepEqual(row('eth:ethertype:ip:icmp:ip:tcp:tls', both), []);
    assert.deepEqual(row('eth:ethertype:arp', {}), []);
  });
});
