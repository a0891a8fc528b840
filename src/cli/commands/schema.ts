// `dipper schema`: the schemas of the messages, for programs that check or document what they read.
import { DipperError, exitCodes } from '../../errors.js';
import { messages } from '../../messages/index.js';
import {
  type Command,
  type CommandSpec,
  type Io,
  type OptionValues,
  usageError,
} from '../command.js';

export const spec: CommandSpec = {
  name: 'schema',
  summary: 'The JSON Schema of a type of message; without a type, the list of types.',
  usage: '[TYPE] [options]',
  examples: [
    ['dipper schema', 'which messages there are'],
    ['dipper schema flow', 'what a flow message may contain'],
    ['dipper schema --all > dipper.schema.json', 'every message, in one schema'],
  ],
  options: [{ flags: '--all', description: 'one schema that any message matches' }],
  exitCodes: [
    [0, 'done'],
    [64, 'there is no such type'],
  ],
};

const dialect = 'https://json-schema.org/draft/2020-12/schema';

export async function run(
  values: OptionValues,
  operands: readonly string[],
  io: Io,
): Promise<number> {
  const [type, ...more] = operands;
  if (more.length > 0 || (type !== undefined && values.all === true)) {
    throw usageError('schema', 'give one type, or --all');
  }
  if (values.all === true) {
    await io.stdout.write(
      print({ $schema: dialect, title: 'dipper', anyOf: Object.values(messages) }),
    );
  } else if (type === undefined) {
    const wide = Math.max(...Object.keys(messages).map(({ length }) => length));
    const described = messages as Readonly<Record<string, { description?: string }>>;
    const rows = Object.entries(described).map(
      ([name, { description = '' }]) => `${name.padEnd(wide)}  ${description}\n`,
    );
    await io.stdout.write(rows.join(''));
  } else {
    await io.stdout.write(print({ $schema: dialect, ...schemaOf(type) }));
  }
  return exitCodes.ok;
}

function schemaOf(type: string): object {
  if (Object.hasOwn(messages, type)) return messages[type as keyof typeof messages];
  throw new DipperError(
    'ERR_USAGE',
    `no message has the type ${type}; there are ${Object.keys(messages).join(', ')}`,
  );
}

const print = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

export const command: Command = { spec, run };
