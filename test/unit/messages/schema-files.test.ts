// The schemas and types that are given away: complete, accepted by validators of two authors, and the same in both forms.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type MessageType, messages } from '../../../src/messages/index.js';
import { schemaBundle, schemaFile } from '../../../src/messages/reference/schema.js';
import { interfaceName, typesText } from '../../../src/messages/reference/types.js';
import { examples } from './examples.js';

const root = new URL('../../../../', import.meta.url).pathname;
const types = Object.keys(messages) as MessageType[];
const annotations = ['x-unit', 'x-netifyd', 'x-since', 'x-ecs', 'x-eve', 'x-zeek'];

/** A copy without one required member, and one with a member that no message has. */
function spoilt(type: MessageType): object[] {
  const { type: _, ...without } = examples[type] as { type: string };
  return [without, { ...examples[type], type: 'flows' }];
}

describe('the schema files', function () {
  this.timeout(60_000);
  it('state their draft, and ajv accepts by them what they describe', () => {
    for (const type of types) {
      const schema = schemaFile(type);
      assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
      const ajv = new Ajv2020({ strict: true });
      ajv.addVocabulary(annotations);
      const accepts = ajv.compile(schema);
      assert.ok(accepts(examples[type]), ajv.errorsText(accepts.errors));
      for (const value of spoilt(type)) assert.ok(!accepts(value), type);
    }
  });

  it('are all in the bundle', () => {
    const bundle = schemaBundle();
    assert.deepEqual(Object.keys(bundle.$defs), types);
    const ajv = new Ajv2020({ strict: true });
    ajv.addVocabulary(annotations);
    const accepts = ajv.compile(bundle);
    for (const type of types) {
      assert.ok(accepts(examples[type]), type);
      for (const value of spoilt(type)) assert.ok(!accepts(value), type);
    }
  });

  it('are accepted by a validator of somebody else', function () {
    const python = ['/usr/bin/python3', 'python3'].find(
      (path) => spawnSync(path, ['-c', 'import jsonschema']).status === 0,
    );
    if (python === undefined) this.skip(); // Debian: python3-jsonschema
    const input = {
      files: [schemaBundle(), ...types.map(schemaFile)],
      checks: types.map((type) => ({
        schema: schemaFile(type),
        good: examples[type],
        bad: spoilt(type),
      })),
    };
    const program = `
import json, sys
from jsonschema import Draft202012Validator as Validator
data = json.load(sys.stdin)
for schema in data["files"]: Validator.check_schema(schema)
any_message = Validator(data["files"][0])
for check in data["checks"]:
    for validator in (Validator(check["schema"]), any_message):
        validator.validate(check["good"])
        assert not any(validator.is_valid(bad) for bad in check["bad"]), check["schema"]["$id"]
`;
    const { status, stderr } = spawnSync(python, ['-c', program], {
      input: JSON.stringify(input),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
});

describe('the types for consumers', function () {
  this.timeout(60_000);

  it('are those that the schemas give, in both directions', () => {
    const folder = mkdtempSync(join(root, 'dist', 'types-'));
    const names = types.map(interfaceName);
    // Ours is an intersection there: TypeScript cannot say "any other name".
    const oneWay = ['Endpoints'];
    const both = names.map(
      (name) => `export const to${name} = (one: Ours.${name}): Theirs.${name} => one;
${oneWay.includes(name) ? '' : `export const from${name} = (one: Mutable<Theirs.${name}>): Ours.${name} => one;`}`,
    );
    const text = `import type * as Ours from '${root}dist/src/messages/index.js';
import type * as Theirs from './messages.js';
type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;
${both.join('\n')}
`;
    writeFileSync(join(folder, 'messages.d.ts'), typesText());
    writeFileSync(join(folder, 'compare.ts'), text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options =
      '--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --target es2023 --module nodenext --types node';
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsc, ...options.split(' '), join(folder, 'compare.ts')],
      { cwd: root, encoding: 'utf8' },
    );
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stdout);
  });
});
