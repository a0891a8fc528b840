// The examples of docs/library.md do what the page says: they run, they type-check, they fail as documented.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../../../', import.meta.url).pathname;
const page = readFileSync(join(root, 'docs/library.md'), 'utf8');

describe('docs/library.md', function () {
  this.timeout(60_000);
  // In the project, where its own name resolves to its own exports.
  const folder = mkdtempSync(join(root, 'dist', 'example-'));
  const path = join(folder, 'hosts.mjs');

  before(() => {
    const example = page.match(/```js\n(.*?)```/s)?.[1];
    assert.ok(example, 'the page has no example');
    writeFileSync(path, example);
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });

  it('lists the hosts of a capture', () => {
    const { status, stdout, stderr } = run(join(root, 'test/golden/http.pcap'));
    assert.deepEqual([status, stderr], [0, '']);
    const rows = stdout.trimEnd().split('\n');
    for (const row of rows) assert.match(row, /^\d+ \S+$/);
    assert.ok(
      rows.some((row) => /[a-z]/.test(row.split(' ')[1] ?? '')),
      stdout,
    );
    const bytes = rows.map((row) => Number.parseInt(row, 10));
    assert.deepEqual(
      bytes,
      [...bytes].sort((a, b) => b - a),
    );
  });

  it('says why a capture cannot be read', () => {
    const missing = run('/nonexistent.pcap');
    assert.equal(missing.status, 66);
    assert.match(missing.stderr, /^\/nonexistent\.pcap: [^\n]*\n$/);
    const damaged = run(join(root, 'test/golden/truncated.pcap'));
    assert.equal(damaged.status, 0);
    assert.match(damaged.stderr, /truncated\.pcap/);
    assert.notEqual(damaged.stdout, '');
  });

  const compile = (file: string) => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options =
      '--ignoreConfig --noEmit --strict --allowJs --checkJs --skipLibCheck --target es2023 --module nodenext --types node';
    return spawnSync(process.execPath, [tsc, ...options.split(' '), file], {
      cwd: root,
      encoding: 'utf8',
    });
  };

  it('type-checks', () => {
    const { status, stdout } = compile(path);
    assert.equal(status, 0, stdout);
  });

  it('has an example of the types of the messages that compiles, and that they check', () => {
    const example = page.match(/```ts\n(.*?)```/s)?.[1];
    assert.ok(example, 'the page has no example in TypeScript');
    const file = join(folder, 'consume.mts');
    writeFileSync(file, example);
    const { status, stdout } = compile(file);
    assert.equal(status, 0, stdout);
    writeFileSync(file, example.replace('flow.total_bytes', 'flow.total_octets'));
    const wrong = compile(file);
    assert.notEqual(wrong.status, 0);
    assert.match(wrong.stdout, /'total_octets' does not exist/);
  });
});
