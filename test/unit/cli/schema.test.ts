// `dipper schema` as its users have it: the real program, and a validator that knows nothing of ours.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { messages } from '../../../src/messages/index.js';
import { examples } from '../messages/examples.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

describe('dipper schema', function () {
  this.timeout(20_000);
  const schema = (...args: string[]) => {
    const command = [main, 'schema', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  };

  it('lists the types', () => {
    const { code, out } = schema();
    assert.equal(code, 0);
    assert.deepEqual(
      out.split('\n').map((line) => line.split(' ')[0]),
      [...Object.keys(messages), ''],
    );
  });

  it('prints schemas that a validator of its own accepts, and that accept the messages', () => {
    const outputs = [schema('flow_purge'), schema('error'), schema('--all')];
    const [purge, error, all] = outputs.map(({ out }) =>
      new Ajv2020({ strict: false }).compile(JSON.parse(out)),
    );
    assert.ok(purge?.(examples.flow_purge) && error?.(examples.error));
    assert.equal(purge?.(examples.flow), false);
    for (const example of Object.values(examples))
      assert.ok(all?.(example), JSON.stringify(example));
  });

  it('writes a file for each message, and the bundle', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dipper-schemas-'));
    const { code, err } = schema('--directory', folder);
    const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]);
    rmSync(folder, { recursive: true });
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(
      files.map(([name]) => name).sort(),
      [...Object.keys(messages), 'dipper'].map((type) => `${type}.schema.json`).sort(),
    );
    for (const [, text] of files) assert.match(String(text), /"\$schema": ".*2020-12/);
    assert.equal(schema('--directory', join(folder, 'gone')).code, 66);
  });

  it('says which types there are', () => {
    const { code, err } = schema('flows');
    assert.equal(code, 64);
    assert.match(err, /no message has the type flows; there are flow,/);
    assert.equal(schema('flow', 'flow').code, 64);
    assert.equal(schema('--all', 'flow').code, 64);
  });
});
