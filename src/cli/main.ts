#!/usr/bin/env node
// `dipper`: the table of commands, and the one place where errors become words on stderr and an exit code. Each
// command's code is loaded when it is called: start-up time is part of every run.
import type { Command, CommandGroup } from './command.js';

interface Row {
  summary: string;
  load: () => Promise<Command | CommandGroup>;
}

const commands: Readonly<Record<string, Row>> = {
  spy: {
    summary: 'what is in a capture file or on an interface: every flow with its protocol',
    load: async () => (await import('./commands/spy.js')).command,
  },
  stream: {
    summary: 'the messages of a running dipperd, or of a netifyd, as lines of JSON',
    load: async () => (await import('./commands/stream.js')).command,
  },
  lookup: {
    summary: 'which application a host name or an address belongs to, and why',
    load: async () => (await import('./commands/lookup.js')).command,
  },
  list: {
    summary: 'protocols, applications, categories, risks, fields',
    load: async () => (await import('./commands/list.js')).command,
  },
  applications: {
    summary: 'the definitions of applications: what is wrong with them, what a change does',
    load: async () => (await import('./commands/applications.js')).command,
  },
  explain: {
    summary: 'why a live flow is the application that it is said to be',
    load: async () => (await import('./commands/explain.js')).command,
  },
  schema: {
    summary: 'what the messages contain, as JSON Schema',
    load: async () => (await import('./commands/schema.js')).command,
  },
  reload: {
    summary: 'let the running daemon read its configuration again',
    load: async () => (await import('./commands/reload.js')).command,
  },
  status: {
    summary: 'whether dipperd runs and how it is, with the drops of each interface',
    load: async () => (await import('./commands/status.js')).command,
  },
  config: {
    summary: 'the configuration of the daemon: what holds, a sample, what is wrong with a file',
    load: async () => (await import('./commands/config.js')).command,
  },
};

async function main(argv: readonly string[]): Promise<number> {
  const [first, second] = argv;
  if (first === '--version' || first === '-V') return await version();
  if (first === undefined) {
    process.stderr.write(overview());
    return 64;
  }
  if (first === '--help' || first === '-h') return await help(undefined);
  if (first === 'help') return await help(second, argv.slice(2));
  const row = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (row === undefined) return await unknownCommand(first);

  const loaded = await row.load();
  const { groupHelp, helpText, memberOf, parse } = await import('./command.js');
  let command: Command;
  let rest = argv.slice(1);
  if ('commands' in loaded) {
    if (second === '--help' || second === '-h') return await print(groupHelp(loaded));
    command = memberOf(loaded, rest);
    rest = rest.slice(1);
  } else command = loaded;
  const parsed = parse(command.spec, rest);
  if (parsed.help) return await print(helpText(command.spec));
  const { processIo } = await import('./io.js');
  return await command.run(parsed.values, parsed.operands, processIo());
}

function overview(): string {
  const rows = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(14)}${summary}\n`,
  );
  return [
    'dipper names the protocol and the application of every flow on a network.\n',
    'Examples:\n  dipper spy traffic.pcap\n  dipper spy --json traffic.pcap | jq .flow.ndpi\n',
    'Usage: dipper COMMAND [options]\n',
    `Commands:\n${rows.join('')}`,
    'Options:\n  -V, --version  versions of dipper, nDPI and Node\n  -h, --help     this text\n',
    '`dipper help COMMAND` or `dipper COMMAND --help` tells about one command.\n',
  ].join('\n');
}

async function help(name: string | undefined, rest: readonly string[] = []): Promise<number> {
  if (name === undefined) return await print(overview());
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (row === undefined) return await unknownCommand(name);
  const { groupHelp, helpText, memberOf } = await import('./command.js');
  const loaded = await row.load();
  if (!('commands' in loaded)) return await print(helpText(loaded.spec));
  if (rest.length === 0) return await print(groupHelp(loaded));
  return await print(helpText(memberOf(loaded, rest).spec));
}

async function unknownCommand(name: string): Promise<never> {
  const { unknownCommandError } = await import('./command.js');
  throw unknownCommandError(name, Object.keys(commands));
}

async function version(): Promise<number> {
  const { readFileSync } = await import('node:fs');
  const { version: own } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const { loadAddon } = await import('../addon.js');
  let library: string;
  try {
    library = loadAddon().libraryVersion;
  } catch {
    library = 'unavailable (the addon is not built)';
  }
  return await print(`dipper ${own}\nnDPI ${library}\nNode ${process.version}\n`);
}

async function print(text: string): Promise<number> {
  const { standardOutput } = await import('./output.js');
  await standardOutput().write(text);
  return 0;
}

async function fail(error: unknown): Promise<number> {
  const { DipperError } = await import('../errors.js');
  const { OutputClosed } = await import('./output.js');
  if (error instanceof OutputClosed) return 0;
  if (error instanceof DipperError) {
    process.stderr.write(`dipper: ${error.message}\n`);
    return error.exitCode;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`dipper: a defect of dipper itself, please report it:\n${detail}\n`);
  return 70;
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);
