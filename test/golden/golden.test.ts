// Each bundled capture gives the lines that stand in expected/, and every one of them is valid by its schema.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  comparableLines,
  expectedLines,
  goldenCaptures,
  goldenFolder,
  goldenLines,
} from './golden.js';

describe('golden captures', () => {
  const captures = goldenCaptures();

  it('are there, with as many files of expected lines', () => {
    assert.ok(captures.length >= 60, `${captures.length} captures`);
    assert.deepEqual(
      readdirSync(join(goldenFolder, 'expected')).sort(),
      captures.map((name) => `${name}.ndjson`).sort(),
    );
  });

  for (const capture of captures)
    it(capture, async () => {
      const expected = expectedLines(capture);
      assert.ok(expected, `no expected/${capture}.ndjson: npm run golden makes it`);
      assert.deepEqual(
        comparableLines(await goldenLines(capture)),
        comparableLines(expected),
        'see what changed with `npm run golden` and `git diff test/golden/expected`',
      );
    });
});
