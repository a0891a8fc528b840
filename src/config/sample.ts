// The sample configuration, made from the schema: every section, every key with its words and its default behind a #.
import type { TSchema } from 'typebox';
import { interfaceSection, sections } from './schema/index.js';
import { type Annotations, statePersistent, stateVolatile } from './schema/values.js';
import { itemOf } from './store.js';
import { fileText } from './text.js';
import { wrap } from './wrap.js';

const opening = [
  'dipperd.conf: every key with its default. To change one, remove the # before it.',
  'Order: command line > environment > this file > default. Every key is a variable, too: DIPPER_, the section but for [dipperd], the key, the index, in capitals, as in DIPPER_MAX_FLOWS or DIPPER_SOCKET_LISTEN_PORT_0.',
  `Values: yes and no; sizes with K, M, G (powers of 1024); durations in the unit that is named, or with ms, s, m, h, d. A value with ; or # in it stands in quotes. In paths, ${stateVolatile} and ${statePersistent} are the two folders.`,
  'After a change: dipperd --check, then dipper reload. Keys marked (restart) hold from the next start on. The configuration of netifyd works as it is; [netifyd] is read as [dipperd].',
];

/** The text of etc/dipperd.conf. */
export function sampleText(): string {
  const parts = [opening.map((text) => comment(text)).join('#\n')];
  for (const { name, description, keys, group } of sections) {
    parts.push(`${comment(description)}[${name}]\n`);
    for (const [key, schema] of schemas(keys)) parts.push(entry(key, schema, isList(schema)));
    if (group === undefined) continue;
    parts.push(
      comment(
        `What has the same index belongs together. A key without an index holds for all, but ${group.makers.join(' and ')} make the first.`,
      ),
    );
    for (const [key, schema] of schemas(group.keys)) parts.push(entry(key, schema, true));
  }
  parts.push(
    `${comment(`${interfaceSection.description} Without any, and without -I and -E, interfaces and roles are detected.`)}#[${interfaceSection.prefix}eth0]\n`,
  );
  for (const [key, schema] of schemas(interfaceSection.keys)) {
    const inherited = sections.some(({ keys }) => Object.hasOwn(keys, key));
    if (!inherited) parts.push(entry(key, schema, isList(schema)));
  }
  return parts.join('\n');
}

export const schemas = (keys: object) => Object.entries(keys) as [string, TSchema][];
export const isList = (schema: TSchema) => itemOf(schema) !== undefined;
export const notesOf = (schema: TSchema) => (itemOf(schema) ?? schema) as unknown as Annotations;

/** What stands behind `=` in the sample. */
export function sampleValue(key: string, schema: TSchema): string {
  if (key === 'listen_path') return `${stateVolatile}/dipperd.sock`;
  const notes = notesOf(schema);
  return notes.default === undefined ? (notes['x-example'] ?? '') : fileText(notes.default, notes);
}

const kindUnits: Partial<Record<Annotations['x-kind'], string>> = {
  seconds: ' In seconds.',
  milliseconds: ' In milliseconds.',
};

function entry(key: string, schema: TSchema, indexed: boolean): string {
  const notes = notesOf(schema);
  const unit = kindUnits[notes['x-kind']] ?? '';
  const wait = notes['x-apply'] === 'restart' ? ' (restart)' : '';
  const words = notes.enum === undefined ? '' : ` One of ${notes.enum.join(', ')}.`;
  const text = comment(`${notes.description}${words}${unit}${wait}`);
  return `${text}#${key}${indexed ? '[0]' : ''} = ${sampleValue(key, schema)}\n`;
}

const comment = (text: string) =>
  wrap(text, 96)
    .map((line) => `# ${line}\n`)
    .join('');
