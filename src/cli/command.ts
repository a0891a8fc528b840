// A command as data (name, options, examples, exit codes) and what is made of it: parsing through commander, the help
// text, and usage errors that say what to do. A new command is one file and one line in main.ts.
import { CommanderError, Command as Parser } from 'commander';
import { DipperError } from '../errors.js';
import type { Output } from './output.js';

export interface OptionSpec {
  /** As in `-D, --duration <secs>`. */
  flags: string;
  description: string;
  /** May be given several times; the values arrive joined by commas. */
  repeat?: true;
}

export interface CommandSpec {
  name: string;
  summary: string;
  /** What follows the name in the usage line. */
  usage: string;
  examples: readonly (readonly [line: string, meaning: string])[];
  options: readonly OptionSpec[];
  exitCodes: readonly (readonly [code: number, meaning: string])[];
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** The world as a command sees it; tests give another one. */
export interface Io {
  stdout: Output;
  stdoutIsTty: boolean;
  stderr: { write(text: string): void; isTty: boolean; columns: number };
  environment: Readonly<Record<string, string | undefined>>;
  /** Calls back on SIGINT and SIGTERM until the returned function is called. */
  onSignal(callback: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

export interface Command {
  spec: CommandSpec;
  /** The exit code. A DipperError that it throws is printed by the caller. */
  run(values: OptionValues, operands: readonly string[], io: Io): Promise<number>;
}

/** A command that has commands of its own: `dipper config show`. Their names in the specs are whole: `config show`. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: Readonly<Record<string, Command>>;
}

/** The command of `group` that `argv` begins with. Throws DipperError with the nearest name. */
export function memberOf(group: CommandGroup, argv: readonly string[]): Command {
  const [first] = argv;
  const member =
    first !== undefined && Object.hasOwn(group.commands, first) ? group.commands[first] : undefined;
  if (member !== undefined) return member;
  const names = Object.keys(group.commands);
  if (first === undefined) throw usageError(group.name, `say which of ${names.join(', ')}`);
  throw unknownCommandError(first, names, group.name);
}

export function groupHelp(group: CommandGroup): string {
  const rows = Object.entries(group.commands).map(
    ([name, { spec }]) => [name, spec.summary] as const,
  );
  return [
    `${group.summary}\n`,
    `Usage: dipper ${group.name} COMMAND [options]\n`,
    `Commands:\n${table(rows)}`,
    `\`dipper ${group.name} COMMAND --help\` tells about one command.\n`,
  ].join('\n');
}

export type Parsed = { help: true } | { help: false; values: OptionValues; operands: string[] };

export function parse(spec: CommandSpec, argv: readonly string[]): Parsed {
  const parser = new Parser(spec.name)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .argument('[operands...]');
  for (const { flags, description, repeat } of spec.options) {
    if (repeat) parser.option(flags, description, joined);
    else parser.option(flags, description);
  }
  try {
    parser.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { help: true };
    throw usageError(spec.name, error.message);
  }
  return { help: false, values: parser.opts(), operands: parser.args };
}

const joined = (value: string, before: string | undefined): string =>
  before === undefined ? value : `${before},${value}`;

/** `error: unknown option '--x'\n(Did you mean --y?)` and the like, as one line that says what to do. */
export function usageError(command: string, message: string): DipperError {
  const text = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*\(Did you mean (.*)\?\)/, '; did you mean $1?')
    .replace(/\s*\n\s*/g, ' ');
  const stop = text.endsWith('?') ? '' : ';';
  return new DipperError(
    'ERR_USAGE',
    `${text}${stop} see \`dipper ${`${command} `.trimStart()}--help\``,
  );
}

/** Examples first: that is what people look for. */
export function helpText(spec: CommandSpec): string {
  const examples = spec.examples.map(([line, meaning]) => `  # ${meaning}\n  ${line}\n`);
  const rows = [
    ...spec.options.map(({ flags, description }) => [flags, description] as const),
    ['-h, --help', 'this text'] as const,
  ];
  const codes = spec.exitCodes.map(([code, meaning]) => [String(code), meaning] as const);
  return [
    `${spec.summary}\n\nExamples:\n${examples.join('\n')}`,
    `Usage: dipper ${spec.name} ${spec.usage}\n`,
    `Options:\n${table(rows)}`,
    `Exit codes:\n${table(codes)}`,
  ].join('\n');
}

export function table(rows: readonly (readonly [string, string])[]): string {
  const wide = Math.max(...rows.map(([left]) => left.length));
  const indent = ' '.repeat(wide + 4);
  return rows
    .map(([left, right]) => `  ${left.padEnd(wide)}  ${right.replaceAll('\n', `\n${indent}`)}\n`)
    .join('');
}

/** What to say of a command that does not exist, with the nearest one that does. */
export function unknownCommandError(
  name: string,
  known: readonly string[],
  group = '',
): DipperError {
  const program = new Parser('dipper')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const command of known) program.command(command).action(() => {});
  try {
    program.parse([name], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return usageError(group, error.message);
    throw error;
  }
  return usageError(group, `unknown command '${name}'`);
}
