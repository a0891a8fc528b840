// The messages as TypeScript declarations that stand alone: what `dipperd/messages` exports. Made from the schemas, so
// that whoever reads the stream needs neither our packages nor our compiler options.
import { flowMessages, type MessageType, messages } from '../index.js';
import type { JsonSchema } from './fields.js';

const opening = `// The messages of dipperd. Made from their schemas; docs/reference/messages.md describes every member.
`;

/** The whole file. */
export function typesText(): string {
  const types = Object.keys(messages) as MessageType[];
  const about = types.filter((type) => Object.hasOwn(flowMessages, type));
  const union = (name: string, members: readonly MessageType[], what: string) =>
    `/** ${what} */\nexport type ${name} =\n${members.map((type) => `  | ${interfaceName(type)}`).join('\n')};\n`;
  return [
    opening,
    ...types.map((type) => declaration(type)),
    union('FlowMessage', about, 'Any message about one flow; `type` says which.'),
    union('Message', types, 'Any message; `type` says which.'),
  ].join('\n');
}

/** `flow_purge` -> `FlowPurge`. The message `error` is `StreamError`: `Error` is taken. */
export function interfaceName(type: MessageType): string {
  if (type === 'error') return 'StreamError';
  return type.replace(/(^|_)([a-z])/g, (_all, _bar, letter: string) => letter.toUpperCase());
}

function declaration(type: MessageType): string {
  const schema = messages[type] as JsonSchema;
  return `${comment(schema, '')}export interface ${interfaceName(type)} ${objectText(schema, '')}\n`;
}

function comment({ description, 'x-unit': unit }: JsonSchema, indent: string): string {
  if (description === undefined) return '';
  const text = unit === undefined ? description : `${description} Unit: ${unit}.`;
  return `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

function typeText(schema: JsonSchema, indent: string): string {
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((one) => typeText(one, indent)).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly ${inParentheses(typeText(schema.items ?? {}, indent))}[]`;
    case 'object':
      return objectText(schema, indent);
    default:
      throw new Error(`no TypeScript for ${JSON.stringify(schema)}`);
  }
}

const inParentheses = (type: string): string => (type.includes(' | ') ? `(${type})` : type);

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : JSON.stringify(value);

function objectText(schema: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const { properties = {}, required = [], patternProperties = {}, additionalProperties } = schema;
  const named = Object.entries(properties).map(([name, member]) => {
    const mark = required.includes(name) ? '' : '?';
    return `${comment(member, inner)}${inner}${name}${mark}: ${typeText(member, inner)};\n`;
  });
  const others = Object.values(patternProperties);
  if (typeof additionalProperties === 'object') others.push(additionalProperties);
  const any = others.map((member) => {
    // An index signature has to allow the named members, too.
    const types = [member, ...Object.values(properties)].map((one) => typeText(one, inner));
    if (named.length > 0) types.push('undefined');
    return `${inner}[name: string]: ${[...new Set(types)].join(' | ')};\n`;
  });
  return `{\n${[...named, ...any].join('')}${indent}}`;
}
