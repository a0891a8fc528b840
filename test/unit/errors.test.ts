// The table of codes and docs/errors.md say the same, both ways.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DipperError, errorTable, fileError, isErrorCode } from '../../src/errors.js';

describe('errors', () => {
  it('are documented exactly as they are defined', () => {
    const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `(ERR_\w+)` \| (\d+) \| (.*) \|$/gm)].map(
      ([, code, exit, summary]) => [code, Number(exit), summary],
    );
    const defined = Object.entries(errorTable).map(([code, row]) => [
      code,
      row.exitCode,
      row.summary,
    ]);
    assert.deepEqual(documented, defined);
  });

  it('carry code, exit code and cause', () => {
    const cause = Object.assign(new Error('no'), { code: 'EACCES' });
    const error = fileError('/x', cause);
    assert.ok(error instanceof DipperError);
    assert.deepEqual([error.code, error.exitCode, error.cause], ['ERR_PERMISSION', 77, cause]);
    assert.equal(fileError('/x', Object.assign(new Error(), { code: 'ENOENT' })).exitCode, 66);
    assert.equal(fileError('/x', Object.assign(new Error(), { code: 'EISDIR' })).exitCode, 66);
    assert.equal(fileError('/x', Object.assign(new Error(), { code: 'EMFILE' })).exitCode, 71);
  });

  it('know their codes', () => {
    assert.ok(isErrorCode('ERR_USAGE'));
    for (const no of ['ERR_NO', 'toString', 1, undefined]) assert.ok(!isErrorCode(no));
  });
});
