// The schemas as rows: every field of a message with its path and its facts. What the reference page, the printed
// schemas and the test of completeness have in common.
import { type MessageType, messages } from '../index.js';
import { agentFacts } from './agent-facts.js';
import { enrichmentFacts } from './enrichment-facts.js';
import type { Fact, FactTable } from './facts.js';
import { flowFacts } from './flow-facts.js';
import { metadataFacts } from './metadata-facts.js';
import { serviceFacts } from './service-facts.js';
import { transportFacts } from './transport-facts.js';

/** A schema as plain JSON Schema: the keywords that the messages use. */
export interface JsonSchema {
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly 'x-unit'?: string;
  readonly 'x-netifyd'?: string;
}

export interface FieldRow {
  /** `flow.http.url`; `*` for a name that is not fixed, `[]` for the items of a list. */
  readonly path: string;
  readonly schema: JsonSchema;
  /** Never absent where the object around it is present. */
  readonly required: boolean;
  /** Has members of its own, which are rows themselves. */
  readonly container: boolean;
  /** Undefined for containers and for `type`, which the schema says whole. */
  readonly fact: Fact | undefined;
}

export const facts: FactTable = {
  ...flowFacts,
  ...transportFacts,
  ...metadataFacts,
  ...serviceFacts,
  ...enrichmentFacts,
  ...agentFacts,
};

/** Objects before what is in them, in the order of the schema. */
export function fieldsOf(type: MessageType): FieldRow[] {
  return [...rows(type, messages[type] as JsonSchema, '')];
}

/** The key of `facts` that speaks of a field; undefined when none does. What was told before is told of the same fields. */
export function factKey(type: MessageType, path: string): string | undefined {
  const now = path.replace(/^flow\.previous\./, 'flow.');
  return [`${type}:${path}`, path, now].find((key) => Object.hasOwn(facts, key));
}

/** The members of an object by their last path element, `*` for those of any name. */
export function membersOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  const others = Object.values(patternProperties);
  if (typeof additionalProperties === 'object') others.push(additionalProperties);
  return [...Object.entries(properties), ...others.map((value) => ['*', value] as const)];
}

function* rows(type: MessageType, parent: JsonSchema, prefix: string): Generator<FieldRow> {
  for (const [name, schema] of membersOf(parent)) {
    const path = prefix + name;
    const inner = schema.type === 'array' ? (schema.items ?? {}) : schema;
    const container = membersOf(inner).length > 0;
    const key = container ? undefined : factKey(type, path);
    yield {
      path,
      schema,
      container,
      required: name === '*' || (parent.required ?? []).includes(name),
      fact: key === undefined ? undefined : facts[key],
    };
    yield* rows(type, inner, schema.type === 'array' ? `${path}[].` : `${path}.`);
  }
}
