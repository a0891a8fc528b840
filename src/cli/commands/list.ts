// `dipper list`: the words and numbers of messages: protocols and risks as libndpi names them, applications and categories as
// definitions do, fields as the schemas have them.
import { protocolNames } from '../../capture/protocols.js';
import { DipperError, exitCodes } from '../../errors.js';
import { messages } from '../../messages/index.js';
import {
  type Command,
  type CommandSpec,
  type Io,
  type OptionValues,
  usageError,
} from '../command.js';
import { definitionsOptions, readDefinitions } from '../definitions.js';

const spec: CommandSpec = {
  name: 'list',
  summary: 'The words of messages: protocols, applications, categories, risks, fields.',
  usage: 'protocols|applications|categories|risks|fields [options]',
  examples: [
    ['dipper list applications', 'every application: id, tag, category, name'],
    ['dipper list protocols --json | jq -r .name', 'every protocol that libndpi knows'],
    ['dipper list fields', 'every field of a flow: path, type, meaning'],
  ],
  options: [{ flags: '--json', description: 'NDJSON, an object for each' }, ...definitionsOptions],
  exitCodes: [
    [0, 'printed'],
    [64, 'there is no such list'],
    [66, 'no such file of definitions'],
    [69, 'the addon is not built, or libndpi is another one'],
    [78, 'the configuration has problems'],
  ],
};

/** A row: its members in the order of the columns. */
type Row = Readonly<Record<string, string | number>>;

type Lister = (values: OptionValues, io: Io) => Promise<readonly Row[]> | readonly Row[];

const lists: Readonly<{ [name: string]: Lister }> = {
  protocols() {
    const { protocols, categories } = protocolNames();
    const words = new Map(categories.map(({ id, name }) => [id, name]));
    return protocols.map(({ id, name, category, application }) => ({
      id,
      name,
      category: words.get(category) ?? '',
      kind: application ? 'application' : 'protocol',
    }));
  },
  async applications(values, io) {
    const { applications } = await readDefinitions(values, io);
    return applications.map(({ id, tag, category, name }) => ({ id, tag, category, name }));
  },
  async categories(values, io) {
    const { categories } = await readDefinitions(values, io);
    return [
      ...categories.map(({ word, description }) => ({
        name: word,
        of: 'application',
        description,
      })),
      ...protocolNames().categories.map(({ name }) => ({
        name,
        of: 'protocol',
        description: '',
      })),
    ];
  },
  risks: () => protocolNames().risks.map(({ id, name }) => ({ id, name })),
  fields: () => fieldRows('', messages.flow_purge as Schema),
};

/** The part of a JSON Schema that is read here. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

function fieldRows(path: string, schema: Schema): Row[] {
  const members = Object.entries(schema.properties ?? {});
  if (members.length > 0)
    return members.flatMap(([name, member]) =>
      fieldRows(path === '' ? name : `${path}.${name}`, member),
    );
  return [{ path, type: typeWord(schema), description: schema.description ?? '' }];
}

function typeWord({ type, const: value, items, anyOf }: Schema): string {
  if (type === 'array') return `array of ${typeWord(items ?? {})}`;
  if (type !== undefined) return type;
  if (value !== undefined) return typeof value;
  return [...new Set((anyOf ?? []).map(typeWord))].join(' or ') || 'any';
}

function text(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) =>
    Math.max(...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (row: Row) =>
    columns
      .map((column, i) => String(row[column] ?? '').padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

export const command: Command = {
  spec,
  async run(values, operands, io) {
    const [name, ...more] = operands;
    if (name === undefined || more.length > 0)
      throw usageError('list', `say which of ${Object.keys(lists).join(', ')}`);
    const lister = Object.hasOwn(lists, name) ? lists[name] : undefined;
    if (lister === undefined)
      throw new DipperError(
        'ERR_USAGE',
        `there is no list ${name}; there are ${Object.keys(lists).join(', ')}`,
      );
    const rows = await lister(values, io);
    const json = () => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await io.stdout.write(values.json === true ? json() : text(rows));
    return exitCodes.ok;
  },
};
