// docs/reference/messages.md, made from the schemas and the facts.
import { flowMessages, type MessageType, messages } from '../index.js';
import { type FieldRow, fieldsOf, type JsonSchema } from './fields.js';

const opening = `# The messages

Made from the schemas (\`npm run docs\`); a test compares. Every message is one line of JSON with a \`type\`. The same as
JSON Schema (2020-12): \`dipper schema TYPE\`, \`dipper schema --all\`; as TypeScript: \`import type { Message } from
'dipperd/messages'\` ([library](../library.md)). Which message comes when, and what a client may ask for, is in [The
stream](../stream.md).

**Framing.** A listener has one of two framings. \`netifyd\`: a line \`{"length": N}\`, then N bytes, which are the message
and its newline. \`ndjson\`: the message and its newline. A program that reads lines can read both: it skips objects that
have only \`length\`. Text is valid UTF-8; what a packet said otherwise has U+FFFD in its place.

**Sequence.** \`seq\` numbers what a run of the daemon publishes, from 1 and without a gap over all types; \`started_at\` in
\`agent_hello\` names the run. What is sent to one client alone (greeting, snapshot, \`error\`, \`dropped\`) repeats the number of the
last published message. A gap is a loss.

**A flow** is announced by one \`flow\`, refined by any number of \`flow_dpi_update\` (each the whole object again), counted by
\`flow_stats\`, and ended by exactly one \`flow_purge\`, which can be read alone. \`digest\` is the same in all of them.

**Versions.** *Since* is the version of Dipper that first had the field. A new field is a minor version, a changed or removed
one a major version. Ignore members that you do not know.

**Columns.** What a row says is: type, unit, since, an example; *may be absent* where the schema does not require it. netifyd:
its name for the field, and its version where that matters. ECS: Elastic Common Schema 8. EVE: Suricata's event records.
Zeek: the log and its field. \`A / B\` is A when the local side is the client (\`local_origin\`), else B. An empty cell: they
have none.

| type | what it is |
|---|---|
`;

/** The whole page. */
export function messagesPage(): string {
  const types = Object.keys(messages) as MessageType[];
  const summary = types.map((type) => `| [${type}](#${type}) | ${schemaOf(type).description} |\n`);
  return [`${opening}${summary.join('')}`, ...types.map(section), enumerations(types), ids].join(
    '\n',
  );
}

const schemaOf = (type: MessageType): JsonSchema => messages[type] as JsonSchema;

/** The members of a flow are told once: messages that repeat them point there. */
function section(type: MessageType): string {
  const all = fieldsOf(type);
  const own = type === 'flow' || !Object.hasOwn(flowMessages, type) ? all : all.filter(isNew);
  const repeated = all.length - own.length;
  const pointer =
    repeated === 0
      ? ''
      : `It has ${repeated} members that [flow](#flow) has, too, with the same meaning${own.length === 0 ? '' : ', and'}:\n\n`;
  const head = '| field | what it is | netifyd | ECS | EVE | Zeek |\n|---|---|---|---|---|---|\n';
  return `## ${type}\n\n${schemaOf(type).description}\n\n${pointer}${head}${own.map(rowText).join('')}`;
}

const inFlow = new Map(fieldsOf('flow').map(({ path, schema }) => [path, JSON.stringify(schema)]));

function isNew({ path, schema }: FieldRow): boolean {
  return inFlow.get(path) !== JSON.stringify(schema);
}

function rowText({ path, schema, required, container, fact }: FieldRow): string {
  const [since, example, ecs = '', eve = '', zeek = ''] = fact ?? [];
  const details = [
    `*${typeWords(schema, container)}*`,
    ...(schema['x-unit'] === undefined ? [] : [schema['x-unit']]),
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(required ? [] : ['may be absent']),
    ...(example === undefined ? [] : [`\`${JSON.stringify(example)}\``]),
  ];
  const cells = [
    `\`${path}\``,
    `${schema.description ?? ''}<br>${details.join(' · ')}`,
    ...[schema['x-netifyd'] ?? '', ecs, eve, zeek].map(nameText),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** Names as code; remarks in parentheses and what stands between names as text. */
function nameText(names: string): string {
  return names
    .split(/( *\([^)]*\)|, | \/ | \+ | and )/)
    .map((part, i) => (i % 2 === 1 || part === '' ? part : `\`${part}\``))
    .join('');
}

function typeWords(schema: JsonSchema, container: boolean): string {
  if (schema.const !== undefined) return `always ${JSON.stringify(schema.const)}`;
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.anyOf !== undefined)
    return `one of ${schema.anyOf.map((one) => JSON.stringify(one.const)).join(', ')}`;
  if (schema.type === 'array')
    return `list of ${container ? 'objects' : `${schema.items?.type ?? 'value'}s`}`;
  return schema.type ?? 'value';
}

function enumerations(types: readonly MessageType[]): string {
  const seen = new Map<string, string>();
  for (const type of types) {
    for (const { path, schema } of fieldsOf(type)) {
      if (schema.enum === undefined) continue;
      const place = path.startsWith('flow.') ? path : `${path} of ${type}`;
      if (!seen.has(place)) seen.set(place, schema.enum.map((word) => `\`${word}\``).join(', '));
    }
  }
  const rows = [...seen].map(([place, words]) => `| ${place} | ${words} |\n`);
  return `## Enumerations\n\nA new word is a minor version: expect others.\n\n| field | words |\n|---|---|\n${rows.join('')}`;
}

const ids = `## Ids

\`dipper list protocols|applications|categories|risks|fields [--json]\` prints what the installed package and library have.

Applications have stable ids and tags: [Applications](applications.md).

Names of protocols are stable, their numbers are not: \`detected_protocol\` and the ids of protocols in \`protocols\` and
\`definitions\` belong to the release of libndpi that runs (\`ndpi_version\`), and files of own protocols add to them. [Names
of libndpi 4.2](protocols.md) lists Debian 12's.
`;
