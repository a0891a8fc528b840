import assert from 'node:assert/strict';
import { variables } from '../../../src/config/environment.js';
import { legacyKeys } from '../../../src/config/legacy.js';
import { notesOf, schemas } from '../../../src/config/sample.js';
import { tunnelNames } from '../../../src/config/schema/dipperd.js';
import { interfaceSection, sections } from '../../../src/config/schema/index.js';
import { annotationNames, stepKinds, valueKinds } from '../../../src/config/schema/values.js';
import { fileText } from '../../../src/config/text.js';
import { readValue } from '../../../src/config/values.js';
import { tunnels } from '../../../src/messages/tunnels.js';

const keys = [
  ...sections.flatMap(({ name, keys: own, group }) => [
    ...schemas(own).map(([key, schema]) => [`${name}.${key}`, notesOf(schema)] as const),
    ...schemas(group?.keys ?? {}).map(
      ([key, schema]) => [`${name}.${key}`, notesOf(schema)] as const,
    ),
  ]),
  ...schemas(interfaceSection.keys).map(
    ([key, schema]) => [`interface.${key}`, notesOf(schema)] as const,
  ),
];

describe('config schema', () => {
  it('says of every key what it is and how a change is applied', () => {
    assert.ok(keys.length > 70);
    for (const [key, notes] of keys) {
      assert.match(notes.description, /^\S.{8,}\.$/s, key);
      assert.ok(valueKinds.includes(notes['x-kind']), key);
      const step = notes['x-step'];
      assert.equal(notes['x-apply'], step === undefined ? 'restart' : 'live', key);
      if (step !== undefined) assert.ok(stepKinds.includes(step), key);
      for (const name of Object.keys(notes).filter((one) => one.startsWith('x-')))
        assert.ok((annotationNames as readonly string[]).includes(name), `${key} ${name}`);
      const isNumber = ['size', 'seconds', 'milliseconds'].includes(notes['x-kind']);
      if (isNumber) assert.ok(notes['x-unit'] !== undefined && notes.minimum !== undefined, key);
    }
  });

  it('has defaults and examples that can be read again', () => {
    for (const [key, notes] of keys) {
      for (const text of [
        ...(notes.default === undefined ? [] : [fileText(notes.default, notes)]),
        ...(notes['x-example'] === undefined ? [] : [notes['x-example']]),
      ]) {
        assert.ok('value' in readValue(notes['x-kind'], text), `${key} = ${text}`);
      }
      if (notes.default === undefined || notes['x-kind'] === 'words') continue;
      const read = readValue(notes['x-kind'], fileText(notes.default, notes));
      assert.deepEqual(read, { value: notes.default }, key);
    }
  });

  it('gives every key a variable of its own', () => {
    const names = sections.flatMap(({ keys: own, group }) => [
      ...Object.keys(own),
      ...Object.keys(group?.keys ?? {}),
    ]);
    assert.equal(variables([]).size, names.length);
    // `_n` is an index: no key may end like one.
    for (const name of variables([]).keys()) assert.doesNotMatch(name, /_\d+$/);
  });

  it('does not call a key meaningless that it has', () => {
    for (const { property, keys: own, group } of sections) {
      for (const key of Object.keys(legacyKeys[property] ?? {})) {
        assert.ok(!(key in own) && !(key in (group?.keys ?? {})), key);
      }
    }
  });

  it('knows the tunnels that the messages know', () => {
    assert.deepEqual([...tunnelNames].sort(), tunnels.filter((name) => name !== 'none').sort());
  });
});
