// The schemas as they are given away: plain JSON Schema with everything that is known of a field, for validators and
// generators in other languages.
import { type MessageType, messages } from '../index.js';
import { factKey, facts, type JsonSchema } from './fields.js';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

export interface SchemaFile extends JsonSchema {
  readonly $schema: string;
}

/** The schema of one message. */
export function schemaFile(type: MessageType): SchemaFile {
  return { $schema: dialect, ...annotated(type), $id: `urn:dipper:message:${type}` };
}

/** One schema that any message matches; `$defs` has each of them. */
export function schemaBundle(): SchemaFile & { $defs: Record<string, JsonSchema> } {
  const types = Object.keys(messages) as MessageType[];
  return {
    $schema: dialect,
    $id: 'urn:dipper:message',
    title: 'dipper',
    description: 'Any message of dipperd; `type` says which.',
    anyOf: types.map((type) => ({ $ref: `#/$defs/${type}` }) as JsonSchema),
    $defs: Object.fromEntries(types.map((type) => [type, annotated(type)])),
  };
}

/** The schema with its facts as annotations, without an `$id`. */
function annotated(type: MessageType): JsonSchema {
  const { $id: _, ...schema } = messages[type] as JsonSchema;
  return described(type, schema, '');
}

function described(type: MessageType, schema: JsonSchema, path: string): JsonSchema {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const each = (members: Readonly<Record<string, JsonSchema>>, name?: string) =>
    Object.fromEntries(
      Object.entries(members).map(([key, member]) => [
        key,
        described(type, member, at(name ?? key)),
      ]),
    );
  const { properties, patternProperties, additionalProperties, items } = schema;
  return {
    ...schema,
    ...annotations(type, path),
    ...(properties === undefined ? {} : { properties: each(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: each(patternProperties, '*') }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: described(type, additionalProperties, at('*')) }
      : {}),
    ...(items === undefined ? {} : { items: described(type, items, `${path}[]`) }),
  };
}

function annotations(type: MessageType, path: string): object {
  const key = factKey(type, path);
  const fact = key === undefined ? undefined : facts[key];
  if (fact === undefined) return {};
  const [since, example, ecs, eve, zeek] = fact;
  return {
    examples: [example],
    'x-since': since,
    ...(ecs === '' ? {} : { 'x-ecs': ecs }),
    ...(eve === '' ? {} : { 'x-eve': eve }),
    ...(zeek === '' ? {} : { 'x-zeek': zeek }),
  };
}
