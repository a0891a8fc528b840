// `dipper schema`: the schemas of the messages, for programs that check or document what they read.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DipperError, exitCodes, fileError } from '../../errors.js';
import { type MessageType, messages } from '../../messages/index.js';
import { schemaBundle, schemaFile } from '../../messages/reference/schema.js';
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
    ['dipper schema --directory schemas', 'a file for each message, and dipper.schema.json'],
  ],
  options: [
    { flags: '--all', description: 'one schema that any message matches' },
    { flags: '--directory <dir>', description: 'write all schemas into a folder that exists' },
  ],
  exitCodes: [
    [0, 'done'],
    [64, 'there is no such type'],
    [66, 'there is no such folder'],
  ],
};

export async function run(
  values: OptionValues,
  operands: readonly string[],
  io: Io,
): Promise<number> {
  const [type, ...more] = operands;
  const { all, directory } = values;
  const asked = [type !== undefined, all === true, directory !== undefined].filter(Boolean);
  if (more.length > 0 || asked.length > 1) {
    throw usageError('schema', 'give one type, --all, or --directory');
  }
  if (all === true) await io.stdout.write(print(schemaBundle()));
  else if (typeof directory === 'string') writeAll(directory);
  else if (type === undefined) {
    const wide = Math.max(...Object.keys(messages).map(({ length }) => length));
    const described = messages as Readonly<Record<string, { description?: string }>>;
    const rows = Object.entries(described).map(
      ([name, { description = '' }]) => `${name.padEnd(wide)}  ${description}\n`,
    );
    await io.stdout.write(rows.join(''));
  } else {
    await io.stdout.write(print(schemaFile(messageType(type))));
  }
  return exitCodes.ok;
}

function writeAll(directory: string): void {
  const files = [
    ...Object.keys(messages).map((type) => [type, schemaFile(type as MessageType)] as const),
    ['dipper', schemaBundle()] as const,
  ];
  for (const [name, schema] of files) {
    const path = join(directory, `${name}.schema.json`);
    try {
      writeFileSync(path, print(schema));
    } catch (cause) {
      throw fileError(path, cause as NodeJS.ErrnoException);
    }
  }
}

function messageType(name: string): MessageType {
  if (Object.hasOwn(messages, name)) return name as MessageType;
  throw new DipperError(
    'ERR_USAGE',
    `no message has the type ${name}; there are ${Object.keys(messages).join(', ')}`,
  );
}

const print = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

export const command: Command = { spec, run };
