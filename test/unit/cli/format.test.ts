// The text lines of `spy`, to the character.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { flowLine, localTime, statsLine } from '../../../src/cli/format.js';
import type { Flow } from '../../../src/messages/index.js';
import { examples } from '../messages/examples.js';
import { flowLinePattern } from './flow-line-pattern.js';

const example = examples.flow.flow as Flow['flow'];
const flow = (changes: Partial<Flow['flow']>): Flow['flow'] => ({ ...example, ...changes });

const dns = flow({
  ip_protocol: 17,
  local_ip: '192.168.20.21',
  local_port: 58870,
  other_ip: '192.168.20.1',
  other_port: 53,
  detected_protocol_name: 'DNS',
  ndpi: { ...example.ndpi, master: 'Unknown', app: 'DNS' },
});
const rsync = flow({
  local_ip: '192.168.1.2',
  local_port: 873,
  other_ip: '134.68.220.74',
  other_port: 2389,
  local_origin: false,
  detected_protocol_name: 'RSYNC',
  ndpi: { ...example.ndpi, master: 'Unknown', app: 'RSYNC' },
});
const google = flow({
  local_ip: '192.168.20.21',
  local_port: 48114,
  other_ip: '216.58.210.14',
  other_port: 443,
});

describe('flowLine', () => {
  it('prints client and server, each with its own port', () => {
    assert.equal(
      flowLine(dns, 2, false),
      '0x77becdcb    2p   192.168.20.21:58870 -    192.168.20.1:53     DNS\n',
    );
    assert.equal(
      flowLine(rsync, 4538, false),
      '0xf19ba8be 4538p   134.68.220.74:2389  -     192.168.1.2:873    RSYNC\n',
    );
    assert.equal(
      flowLine(google, 12345, false),
      '0x6e111c73 12345p   192.168.20.21:48114 -   216.58.210.14:443    GOOGLE:TLS\n',
    );
  });

  it('prints lower and upper and a signed hash as SnabbWall does', () => {
    assert.equal(
      flowLine(dns, 2, true),
      '0x77becdcb    2p    192.168.20.1:53    -   192.168.20.21:58870  DNS\n',
    );
    assert.equal(
      flowLine(rsync, 18, true),
      '0xfffffffff19ba8be   18p   134.68.220.74:2389  -     192.168.1.2:873    RSYNC\n',
    );
  });

  it('prints IPv6 without brackets', () => {
    const v6 = flow({ ip_version: 6, local_ip: '2001:db8::10', other_ip: 'ff02::fb' });
    assert.match(
      flowLine(v6, 8, false),
      /^0x[0-9a-f]{8} {4}8p {4}2001:db8::10:50123 - {8}ff02::fb:443 {4}GOOGLE:TLS\n$/,
    );
  });

  it('is always one line of the pattern, whatever the names are', () => {
    const pair = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
    const port = fc.nat(65535);
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('TLS', 'Z39.50', 'Sina(Weibo)', 'Unknown', '\x1b[2J', ''),
    );
    fc.assert(
      fc.property(
        pair,
        port,
        port,
        name,
        name,
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        ([a, b], p, q, m, n, packets, origin, compat) => {
          const value = flow({
            local_ip: a,
            local_port: p,
            other_ip: b,
            other_port: q,
            local_origin: origin,
            detected_protocol_name: m,
            ndpi: { ...example.ndpi, master: m, app: n },
          });
          const line = flowLine(value, packets, compat);
          assert.ok(line.endsWith('\n'));
          assert.match(line.slice(0, -1), flowLinePattern);
          assert.equal(
            line.trim().split(/\s+/)[5],
            line.slice(line.lastIndexOf(' ') + 1, -1),
            'the name is field 6',
          );
        },
      ),
    );
  }).timeout(20_000);
});

describe('statsLine', () => {
  const when = new Date(2017, 1, 14, 9, 5, 7);

  it('has the rates of its interval', () => {
    assert.equal(
      statsLine(when, 25091, 43, 2),
      `=== ${localTime(when)} === 25091 Bytes, 43 packets, 12545.500 B/s, 21.500 PPS\n`,
    );
  });

  it('prints zeros when nothing came, and no infinity when no time went by', () => {
    assert.match(statsLine(when, 0, 0, 2), / 0 Bytes, 0 packets, 0\.000 B\/s, 0\.000 PPS\n$/);
    assert.match(statsLine(when, 9, 1, 0), / 9 Bytes, 1 packets, 0\.000 B\/s, 0\.000 PPS\n$/);
  });

  it('dates with the zone', () => {
    assert.match(localTime(when), /^2017-02-14T09:05:07[+-]\d{4}$/);
    const zone = (minutes: number) => {
      const time = new Date(2017, 1, 14, 9, 5, 7);
      time.getTimezoneOffset = () => minutes;
      return localTime(time).slice(19);
    };
    assert.deepEqual(
      [zone(0), zone(-330), zone(210), zone(-60)],
      ['+0000', '+0530', '-0330', '+0100'],
    );
  });
});
