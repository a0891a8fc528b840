// Files that are no definitions: what is no text costs itself, nothing is thrown, and memory stays bounded.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadDefinitions } from '../../../src/applications/load.js';
import { folder, load, tagOf } from './files.js';

const good = 'app:1:a.one\ndom:1:x.example\n';

describe('hostile definition files', function () {
  this.timeout(20_000);

  it('reads CRLF and a byte order mark', async () => {
    const loaded = await load({ 'a.conf': `\ufeff${good.replaceAll('\n', '\r\n')}` });
    assert.deepEqual(loaded.problems, []);
    assert.equal(tagOf(loaded, 'x.example'), 'a.one');
  });

  it('leaves out a line with a NUL, one that is not UTF-8, and one of 10 MB', async () => {
    const loaded = await load({
      'a.conf': Buffer.concat([
        Buffer.from('app:1:a.one\ndom:1:n\0l.example\ndom:1:'),
        Buffer.from([0xff, 0xfe, 0x0a]),
        Buffer.alloc(10_000_000, 0x61),
        Buffer.from('\ndom:1:x.example'),
      ]),
    });
    assert.deepEqual(loaded.problems, [
      'a.conf:2: error: a NUL byte: this is not text',
      'a.conf:3: error: not UTF-8; save the file in that encoding',
      'a.conf:4: error: longer than 4096 characters',
    ]);
    assert.equal(tagOf(loaded, 'x.example'), 'a.one');
  });

  it('lists a hundred problems of a file, and says how many there are', async () => {
    const loaded = await load({ 'a.conf': `${'nonsense\n'.repeat(1000)}${good}` });
    assert.equal(loaded.problems.length, 101);
    assert.equal(loaded.problems.at(-1), 'a.conf: error: 900 more of this severity are not listed');
    assert.equal(tagOf(loaded, 'x.example'), 'a.one');
  });

  it('says of a file that cannot be read why, and reads the others', async () => {
    const root = folder();
    mkdirSync(join(root, 'directory'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const files = ['none', 'directory', 'fifo'].map((name) => join(root, name));
    const { problems } = await loadDefinitions({ directories: [join(root, 'no')], files });
    assert.deepEqual(
      problems.map(({ file, message }) => [file.slice(root.length + 1), message]),
      [
        ['none', 'no such file'],
        ['directory', 'is a folder'],
        ['fifo', 'is not a file'],
      ],
    );
  });

  it('never throws, and every problem has a place in the file', async () => {
    const word = fc.constantFrom(
      'app:',
      'dom:',
      'net:',
      'xfm:',
      'host:"',
      '1:',
      '"',
      '@',
      '$',
      '.',
      ',',
      '\n',
      '::',
      '/8',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 40 })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const { definitions } = await load({ 'a.conf': content });
        const lines = Buffer.from(content).toString('latin1').split('\n').length;
        for (const { line } of definitions.problems) assert.ok(line >= 0 && line <= lines);
        for (const rule of definitions.rules) assert.ok(rule.line >= 1 && rule.line <= lines);
      }),
      { numRuns: 200 },
    );
  });
});
