import assert from 'node:assert/strict';
import type { ValueKind } from '../../../src/config/schema/values.js';
import { valueText } from '../../../src/config/text.js';
import { readValue } from '../../../src/config/values.js';

const rows: readonly (readonly [ValueKind, string, unknown])[] = [
  ['boolean', 'YES', true],
  ['boolean', 'off', false],
  ['boolean', '1', true],
  ['integer', '-1', -1],
  ['size', '0', 0],
  ['size', '512', 512],
  ['size', '4M', 4194304],
  ['size', '64 KiB', 65536],
  ['size', '1g', 1073741824],
  ['size', '7 bytes', 7],
  ['seconds', '90', 90],
  ['seconds', '5m', 300],
  ['seconds', '1.5h', 5400],
  ['seconds', '2000ms', 2],
  ['seconds', '1d', 86400],
  ['milliseconds', '10', 10],
  ['milliseconds', '0.5s', 500],
  ['milliseconds', '0.29s', 290],
  ['port', '7150', 7150],
  ['mode', '0660', 0o660],
  ['mode', '600', 0o600],
  ['words', 'gre,vxlan  gtp_u', ['gre', 'vxlan', 'gtp_u']],
  ['network', '192.168.1.1/24', '192.168.1.1/24'],
  ['network', 'FD00::1/064', 'fd00::1/64'],
  ['host', 'Example.ORG', 'example.org'],
  ['host', '2001:db8::/32', '2001:db8::/32'],
  ['mac', 'AA-BB-CC-00-11-22', 'aa:bb:cc:00:11:22'],
  ['uuid', 'ab-12-cd-34', 'AB-12-CD-34'],
  ['path', '/a b', '/a b'],
];

const refused: readonly (readonly [ValueKind, string])[] = [
  ['boolean', 'maybe'],
  ['boolean', 'constructor'],
  ['integer', '1.5'],
  ['integer', '0x10'],
  ['integer', '9'.repeat(20)],
  ['size', '4MB'],
  ['size', '-1'],
  ['size', '1.5M'],
  ['size', '4ib'],
  ['seconds', '1500ms'],
  ['seconds', '5 weeks'],
  ['seconds', '-5'],
  ['milliseconds', '0.0001s'],
  ['port', 'no-such-service'],
  ['port', '80/tcp'],
  ['mode', '0888'],
  ['mode', 'rw-'],
  ['network', '10.0.0.1'],
  ['network', '10.0.0.1/0'],
  ['network', 'fe80::1%eth0/64'],
  ['network', '::1/129'],
  ['network', 'example.org/24'],
  ['host', 'a b'],
  ['host', '10.0.0.0/33'],
  ['host', '-a'],
  ['path', 'a/b'],
];

describe('config values', () => {
  for (const [kind, text, value] of rows) {
    it(`reads ${text} as ${kind}`, () => assert.deepEqual(readValue(kind, text), { value }));
  }
  for (const [kind, text] of refused) {
    it(`refuses ${text} as ${kind}, with what to write`, () => {
      const read = readValue(kind, text);
      assert.ok('problem' in read, JSON.stringify(read));
      assert.match(read.problem, /^(write|the prefix length)/);
    });
  }

  it('reads the names of services where the machine has them', () => {
    const read = readValue('port', 'HTTPS');
    assert.ok('problem' in read || read.value === 443);
  });

  it('writes what it can read again', () => {
    for (const [kind, , value] of rows) {
      const text = valueText(value, { 'x-kind': kind });
      assert.deepEqual(readValue(kind, text), { value }, `${kind} ${text}`);
    }
  });
});
