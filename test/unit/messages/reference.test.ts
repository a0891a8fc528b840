// The reference of the messages: it is as it is made, nothing is left unsaid of a field, and what is said is true.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { loadAddon } from '../../../src/addon.js';
import { loadDefinitions } from '../../../src/applications/load.js';
import { applicationsPage } from '../../../src/applications/reference.js';
import { shippedApplications } from '../../../src/applications/shipped.js';
import { protocolNames } from '../../../src/capture/protocols.js';
import { type MessageType, messages } from '../../../src/messages/index.js';
import {
  factKey,
  facts,
  fieldsOf,
  type JsonSchema,
} from '../../../src/messages/reference/fields.js';
import { namesPage } from '../../../src/messages/reference/names-page.js';
import { messagesPage } from '../../../src/messages/reference/page.js';

const root = new URL('../../../../', import.meta.url);
const committed = (path: string) => readFileSync(new URL(path, root), 'utf8');
const types = Object.keys(messages) as MessageType[];

describe('the reference of the messages', function () {
  this.timeout(20_000);
  it('is committed as it is made (npm run docs)', () => {
    assert.equal(committed('docs/reference/messages.md'), messagesPage());
  });

  it('has the ids of the applications that the package comes with', async () => {
    const shipped = await loadDefinitions({ directories: [shippedApplications] });
    assert.equal(committed('docs/reference/applications.md'), applicationsPage(shipped));
  });

  it('has the names of the library that it is about', function () {
    const { libraryVersion } = loadAddon();
    const page = committed('docs/reference/protocols.md');
    if (!page.startsWith(`# Names of libndpi ${libraryVersion}\n`)) this.skip();
    assert.equal(page, namesPage(libraryVersion, protocolNames()));
  });

  it('says of every field what it is, its unit, since when, and an example', () => {
    const missing = types.flatMap((type) =>
      fieldsOf(type).flatMap(({ path, schema, container, fact }) => {
        const lacks = (what: string) => [`${type}: ${path} has no ${what}`];
        const number = schema.type === 'integer' || schema.type === 'number';
        const whole = path === 'type'; // its schema is its only value
        return [
          ...(schema.description || path.includes('*') ? [] : lacks('description')),
          ...(number && !schema['x-unit'] ? lacks('unit') : []),
          ...(container || whole || fact !== undefined
            ? []
            : lacks('row in src/messages/reference')),
        ];
      }),
    );
    assert.deepEqual([...new Set(missing)], []);
  });

  it('gives examples that the schemas accept, and versions that there are', () => {
    const ajv = new Ajv({ strict: true });
    ajv.addVocabulary(['x-unit', 'x-netifyd']);
    const { version } = JSON.parse(committed('package.json')) as { version: string };
    const number = (text: string) =>
      text.split('.').reduce((sum, part) => 1000 * sum + Number(part), 0);
    let tried = 0;
    for (const type of types) {
      for (const { path, schema, fact } of fieldsOf(type)) {
        if (fact === undefined) continue;
        const [since, example] = fact;
        const { $id: _, ...plain } = schema as JsonSchema;
        assert.ok(ajv.validate(plain, example), `${type}: ${path}: ${ajv.errorsText()}`);
        assert.match(since, /^\d+\.\d+\.\d+$/);
        assert.ok(number(since) <= number(version), `${path} is since ${since}`);
        tried += 1;
      }
    }
    assert.ok(tried > 200, `${tried} examples`);
  });

  it('speaks of no field that there is not', () => {
    const used = new Set(
      types.flatMap((type) => fieldsOf(type).map(({ path }) => factKey(type, path))),
    );
    assert.deepEqual(
      Object.keys(facts).filter((key) => !used.has(key)),
      [],
    );
  });
});
