// What we say of the files that libndpi loads: nothing of its own examples, a line for what it would leave out, and a refusal of
// what it refuses or would not survive.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../../src/capture/engine.js';
import { ndpiFileProblems, ndpiProblemText } from '../../../src/capture/ndpi-file-problems.js';
import { protocolNames } from '../../../src/capture/protocols.js';
import { loadConfig } from '../../../src/config/index.js';
import { judge, remarksOn } from '../../../src/daemon/judge.js';
import { DipperError } from '../../../src/errors.js';
import { golden } from './capture-maker.js';

const sha1 = '0011223344556677889900112233445566778899';
const ja3 = '00112233445566778899aabbccddeeff';

/** Kind, content, what is said; of the last line unless a line is named. */
const taken: readonly [kind: string, content: string][] = [
  ['protocols', 'tcp:81,udp:90-95,tcp:0@HTTP\n# tcp:x@\n\nip:192.0.2.0/24,ip:192.0.2.1:443@Mine\n'],
  ['protocols', 'ip:213.75.170.11/32:443@Mine\nhost:"a.example",host:b.example@Mine\n'],
  [
    'protocols',
    'ip_risk_mask:192.0.2.0/24=0\nhost_risk_mask:".home"=0\ntrusted_issuer_dn:"CN=x, O=y"\n',
  ],
  ['categories', '# ours\na.example\t99\n192.0.2.0/24\t5\n'],
  ['riskyDomains', 'a.example\n# b\nc.example\n'],
  ['ja3', `${ja3}\n${ja3.replace('0', 'a')},why\n`],
  ['certificates', `2020-01-01,${sha1},why\n${sha1.replace('0', 'A')}\n`],
];
const left: readonly [kind: string, content: string, said: RegExp][] = [
  ['protocols', 'tcp:81@A\ntcp:82@B', /:2: libndpi leaves out a last line without a line feed/],
  ['protocols', 'tcp:81@A\r\n', /:1: ends with a carriage return/],
  ['protocols', 'tcp:81@\n', /:1: names no protocol/],
  ['protocols', 'tpc:81@A\n', /:1: "tpc:81" is no rule/],
  ['protocols', 'tcp:81, udp:81@A\n', /:1: " udp:81" is no rule/],
  ['protocols', 'tcp:x@A\n', /:1: "tcp:x" is no port or range/],
  ['protocols', 'udp:70000@A\n', /"udp:70000" is no port or range/],
  ['protocols', 'tcp:90-80@A\n', /"tcp:90-80" is no port or range/],
  ['protocols', 'ip:192.0.2@A\n', /"ip:192\.0\.2" is no IPv4 address/],
  ['protocols', 'ip:192.0.2.0/40@A\n', /is no IPv4 address or network/],
  ['protocols', 'ip:2001:db8::1@A\n', /has no IPv6 here/],
  ['protocols', 'host:""@A\n', /matches nothing/],
  ['protocols', 'tcp:81@A\n\ntcp:82,tcp:81@B\n', /:3: tcp:81 is on line 1 already/],
  ['protocols', 'ip_risk_mask:192.0.2=0\n', /"192\.0\.2" is no IPv4 address/],
  ['protocols', 'host_risk_mask:".x"=z\n', /"z" is no number/],
  ['protocols', 'trusted_issuer_dn:""\n', /names no issuer/],
  ['categories', 'a.example\t9', /:1: libndpi cuts the last character off/],
  ['categories', 'a.example 9\n', /:1: is left out; write a name or a network, a tab/],
  ['categories', 'a.example\tWeb\n', /"Web" is no number of a category/],
  ['categories', '192.0.2.0/33\t9\n', /is no IPv4 address or network/],
  ['categories', '2001:db8::/32\t9\n', /has no IPv6 here/],
  ['categories', `${'a'.repeat(600)}\t9\n`, /behind 511 bytes/],
  ['categories', 'a.example\t9\na.example\t5\n', /:2: a\.example is on line 1 already/],
  ['riskyDomains', 'a.example b.example\n', /is no domain/],
  ['ja3', 'xyz\n', /"xyz" is no JA3/],
  ['certificates', 'a,xyz,b\n', /"xyz" is no SHA-1/],
];
const refused: readonly [content: string, said: RegExp][] = [
  ['tcp:81@A\nnonsense\n', /:2: libndpi knows no such rule: "nonsense"/],
  ['ip_risk_mask:192.0.2.1\n', /:1: libndpi knows no such rule/],
  [' # tcp:81\n', /:1: libndpi knows no such rule/],
  // These end the process in libndpi 4.2.
  ['tcp:81@A\nhost:@B\n', /:2: "host:" crashes libndpi; write host:"example\.org"/],
  ['host:a.example,host:"@B\n', /:1: "host:\?" crashes libndpi/],
];

describe('files of libndpi', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'dipper-ndpi-'));
  const file = join(folder, 'list.txt');
  after(() => rmSync(folder, { recursive: true }));
  const said = (kind: string, content: string) => {
    writeFileSync(file, content);
    return ndpiFileProblems({ [kind]: file });
  };

  it('have no problem where libndpi uses all of them', () => {
    for (const [kind, content] of taken) {
      assert.deepEqual(said(kind, content), [], content);
      protocolNames({ [kind]: file });
    }
  });

  it('have no problem that would refuse the examples of the library', () => {
    for (const [kind, name] of [
      ['protocols', 'ndpiProtos.txt'],
      ['categories', 'ndpiCustomCategory.txt'],
    ] as const) {
      const path = join('/usr/share/ndpi', name);
      if (!existsSync(path)) continue; // the package libndpi-bin has them
      // One name stands twice in its list.
      const problems = ndpiFileProblems({ [kind]: path }).map(({ message }) => message);
      assert.deepEqual(
        problems.filter((message) => !/ is on line \d+ already$/.test(message)),
        [],
      );
      protocolNames({ [kind]: path });
    }
  });

  it('have a line for each thing that it leaves out, and are loaded all the same', () => {
    for (const [kind, content, words] of left) {
      const [first, ...more] = said(kind, content);
      assert.match(first ? ndpiProblemText(first) : 'nothing', words, content);
      assert.deepEqual([first?.severity, more], ['warning', []], content);
      protocolNames({ [kind]: file });
    }
  });

  it('are refused before libndpi sees what it refuses, or what would end the process', () => {
    for (const [content, words] of refused) {
      const [first] = said('protocols', content);
      assert.equal(first?.severity, 'error', content);
      const isRefusal = (error: unknown) =>
        error instanceof DipperError && error.code === 'ERR_NDPI_FILE' && words.test(error.message);
      assert.throws(() => protocolNames({ protocols: file }), isRefusal, content);
      const source = { type: 'pcap-file', path: golden('dns.pcap') } as const;
      assert.throws(() => new Engine({ source, dpi: { protocols: file } }), isRefusal, content);
    }
  });

  it('are a part of what a configuration is checked for', () => {
    writeFileSync(file, 'tcp:x@A\nnonsense\n');
    const conf = join(folder, 'dipperd.conf');
    writeFileSync(conf, `[ndpi]\nprotocols_file = ${file}\n`);
    const commandLine = { configFile: conf, interfaces: [], overrides: [] };
    const load = () => loadConfig({ commandLine, environment: {}, judge });
    assert.throws(load, /ndpi\.protocols_file.*list\.txt:2: libndpi knows no such rule/);
    writeFileSync(file, 'tcp:x@A\n');
    const remarks = remarksOn(load().config);
    assert.equal(remarks.length, 1);
    assert.match(remarks[0] ?? '', /list\.txt:1: "tcp:x" is no port/);
  });

  it('of another kind are not told line by line to their end', () => {
    const problems = said('ja3', 'x\n'.repeat(1000));
    assert.equal(problems.length, 101);
    assert.match(problems[100]?.message ?? '', /^900 more problems/);
  });
});
