import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { largestFile, parseIni, readIniFile } from '../../../src/config/ini-file.js';
import { problemText } from '../../../src/config/problems.js';

const parse = (text: string | Buffer) => parseIni('f', Buffer.from(text));
const problems = (text: string | Buffer) => parse(text).problems.map(problemText);

describe('config ini file', function () {
  this.timeout(20_000);
  it('gives every entry with its line, section and index', () => {
    const file = parse(
      '\ufeff; comment\r\n[netifyd] ; ours\r\n\r\nA = 1\n[flow_hash_cache]\n  b=2\n[Capture_Interface_Eth0.100]\naddress[2] = x\naddress[] = y\nc : 3\n',
    );
    assert.deepEqual(file.problems, []);
    assert.deepEqual(file.entries, [
      { section: 'netifyd', key: 'a', text: '1', line: 4 },
      { section: 'flow-hash-cache', key: 'b', text: '2', line: 6 },
      { section: 'capture-interface-Eth0.100', key: 'address', index: 2, text: 'x', line: 8 },
      { section: 'capture-interface-Eth0.100', key: 'address', index: 'next', text: 'y', line: 9 },
      { section: 'capture-interface-Eth0.100', key: 'c', text: '3', line: 10 },
    ]);
  });

  for (const [written, value] of [
    ['plain text', 'plain text'],
    ['x ; comment', 'x'],
    ['x # comment', 'x'],
    ['"a ; b" ; comment', 'a ; b'],
    ["'a # b' # comment", 'a # b'],
    ["'[1]'", '[1]'],
    ['"q \\" \\\\"', 'q " \\'],
    ['a\\;b', 'a;b'],
    ['^\\d+$', '^\\d+$'],
    ['a = b', 'a = b'],
    ['true', 'true'],
    ['', ''],
    ['; nothing', ''],
  ] as const) {
    it(`reads the value ${written}`, () => {
      const file = parse(`[s]\nk = ${written}`);
      assert.deepEqual(file.problems, []);
      assert.equal(file.entries[0]?.text, value);
    });
  }

  it('names each line that it cannot read, and goes on', () => {
    assert.deepEqual(
      problems(
        'early = 1\n[open\nhidden = 1\n[s]\nno sense\nk = "open\nk2 = a#b\nk3 = "\\d"\nk4 = \x07\nok = 1\n= 1\nk5[99999] = 1',
      ),
      [
        'f:1: "early" stands before the first section; write [dipperd] above',
        'f:2: "[open" is no section; write [name]',
        'f:5: "no sense" is neither [section] nor key = value',
        'f:6: k: the " of the value is not closed, or text follows it',
        'f:7: k2: a # inside a value would begin a comment; put the value in "quotes"',
        "f:8: k3: in double quotes a \\ is written \\\\; or use 'single quotes'",
        'f:9: a control character in the line; remove it',
        'f:11: "= 1" is neither [section] nor key = value',
        'f:12: "k5[99999] = 1" is neither [section] nor key = value',
      ],
    );
  });

  it('refuses what is no text', () => {
    assert.match(problems(Buffer.from('[s]\na=1\n\0'))[0] ?? '', /^f:3: a NUL byte/);
    assert.match(problems(Buffer.from('[s]\nk = \xff', 'latin1'))[0] ?? '', /^f:2: not UTF-8/);
    assert.match(problems(Buffer.alloc(largestFile + 1, 'a'))[0] ?? '', /^f: larger than 1048576/);
    assert.deepEqual(problems(Buffer.alloc(largestFile, '\n')), []);
  });

  it('ends on any bytes without throwing', () => {
    const line = fc.constantFrom('[s]', 'k = v', 'k[0]=1', '[', '"', '=', ';', "k='", '\\', ' ');
    const text = fc.array(fc.oneof(line, fc.string({ unit: 'binary' })), { maxLength: 30 });
    fc.assert(
      fc.property(text, (lines) => {
        const { entries, problems: found } = parse(lines.join('\n'));
        for (const entry of entries) assert.equal(typeof entry.text, 'string');
        for (const { message } of found) assert.ok(message.length > 0);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (b) => void parse(Buffer.from(b))));
  });

  it('reads files, and says why it cannot', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dipper-ini-'));
    try {
      const file = join(folder, 'a.conf');
      writeFileSync(file, '[s]\nk = v\n');
      assert.equal(readIniFile(file).entries.length, 1);
      assert.deepEqual(readIniFile('/dev/null').problems, []);
      const why = (path: string) => readIniFile(path).problems.map(problemText).join();
      assert.match(why(join(folder, 'none')), /: no such file/);
      assert.match(why(folder), /: is a folder/);
      assert.match(why('/dev/zero'), /: larger than/);
      const fifo = join(folder, 'fifo');
      execFileSync('mkfifo', [fifo]);
      assert.match(why(fifo), /: is not a file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
