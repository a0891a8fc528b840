// `dipper config show`, `sample`, `check`: what holds and where it is from, every key with its default, what is wrong.
import { resolve } from 'node:path';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../config/index.js';
import { sampleText } from '../../config/sample.js';
import { showJson, showText } from '../../config/show.js';
import { exitCodes } from '../../errors.js';
import { type Command, type CommandGroup, type Io, usageError } from '../command.js';

const invalid = [78, 'the configuration has problems; each is named with its place'] as const;

const show: Command = {
  spec: {
    name: 'config show',
    summary: 'What the daemon would run with: every key with its value.',
    usage: '[options]',
    examples: [
      ['dipper config show', 'as a file that can be read again'],
      ['dipper config show --origin', 'where each value is from: file and line, variable, default'],
      ['dipper config show --json | jq .config.socket.listeners', 'as JSON'],
    ],
    options: [
      {
        flags: '-c, --config <file>',
        description: 'the configuration (default DIPPER_CONFIG, then /etc/dipperd.conf)',
      },
      { flags: '--origin', description: 'also say where each value is from' },
      { flags: '--json', description: 'one line of JSON; secrets are masked there, too' },
    ],
    exitCodes: [[0, 'printed'], [64, 'usage'], invalid],
  },
  async run(values, operands, io) {
    noOperands('config show', operands);
    const loaded = load(values.config as string | undefined, io);
    notices(loaded, io);
    const options = { origin: values.origin === true };
    await io.stdout.write(
      values.json === true ? showJson(loaded, options) : showText(loaded, options),
    );
    return exitCodes.ok;
  },
};

const sample: Command = {
  spec: {
    name: 'config sample',
    summary: 'Prints every key with its words and its default, as a file to begin with.',
    usage: '',
    examples: [['dipper config sample > /etc/dipperd.conf', 'a new configuration']],
    options: [],
    exitCodes: [
      [0, 'printed'],
      [64, 'usage'],
    ],
  },
  async run(_values, operands, io) {
    noOperands('config sample', operands);
    await io.stdout.write(sampleText());
    return exitCodes.ok;
  },
};

const check: Command = {
  spec: {
    name: 'config check',
    summary: 'Names every problem of a configuration, as `dipperd --check` does. Starts nothing.',
    usage: '[FILE]',
    examples: [['dipper config check /etc/dipperd.conf', 'before a reload']],
    options: [],
    exitCodes: [[0, 'no problem'], [64, 'usage'], invalid],
  },
  async run(_values, operands, io) {
    if (operands.length > 1) {
      throw usageError('config check', `one file at a time, and ${operands.length} are named`);
    }
    const { judge, remarksOn } = await import('../../daemon/judge.js');
    const loaded = load(operands[0], io, judge);
    notices(loaded, io);
    for (const line of remarksOn(loaded.config)) io.stderr.write(`dipper: ${line}\n`);
    await io.stdout.write(`${loaded.file ?? 'no file, only defaults'}: no problem\n`);
    return exitCodes.ok;
  },
};

function load(file: string | undefined, io: Io, judge?: LoadOptions['judge']): LoadedConfig {
  const named = file === undefined ? {} : { configFile: resolve(file) };
  return loadConfig({
    commandLine: { ...named, interfaces: [], overrides: [] },
    environment: io.environment,
    ...(judge === undefined ? {} : { judge }),
  });
}

function notices(loaded: LoadedConfig, io: Io): void {
  for (const line of loaded.notices) io.stderr.write(`dipper: ${line}\n`);
}

function noOperands(name: string, operands: readonly string[]): void {
  if (operands.length > 0) throw usageError(name, `'${operands[0]}' is too much`);
}

export const command: CommandGroup = {
  name: 'config',
  summary: 'The configuration of the daemon.',
  commands: { show, sample, check },
};
