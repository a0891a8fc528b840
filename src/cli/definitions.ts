// The definitions that a command works with: those that the daemon would read, or those that the command line names.
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { DefinitionSources, Definitions, Problem } from '../applications/definitions.js';
import { definitionFiles, loadDefinitions } from '../applications/load.js';
import { configuredSources } from '../applications/shipped.js';
import { loadConfig } from '../config/index.js';
import { fileError } from '../errors.js';
import type { Io, OptionSpec, OptionValues } from './command.js';

export const definitionsOptions: readonly OptionSpec[] = [
  {
    flags: '-d, --definitions <path>',
    description: 'files or folders of definitions, instead of those of the daemon',
    repeat: true,
  },
  {
    flags: '-c, --config <file>',
    description: "the daemon's configuration (default DIPPER_CONFIG, then\n/etc/dipperd.conf)",
  },
];

/** What `values` name, else what the daemon reads. Throws when it is not there. */
export async function definitionSources(values: OptionValues, io: Io): Promise<DefinitionSources> {
  const configFile = values.config as string | undefined;
  const named = configFile === undefined ? {} : { configFile: resolve(configFile) };
  const { config } = loadConfig({
    commandLine: { ...named, interfaces: [], overrides: [] },
    environment: io.environment,
  });
  const configured = configuredSources(config.applications);
  if (typeof values.definitions !== 'string') return configured;
  const directories: string[] = [];
  const files: string[] = [];
  for (const path of values.definitions.split(',')) {
    if (await isDirectory(path)) directories.push(path);
    else files.push(path);
  }
  return { ...configured, directories, files };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}

/** `sources` with `file` in the place of a file of the same name, or else behind all others. */
export async function withFile(
  sources: DefinitionSources,
  file: string,
): Promise<DefinitionSources> {
  await isDirectory(file); // that it is there
  const files = await definitionFiles(sources);
  const place = files.findLastIndex((known) => basename(known) === basename(file));
  if (place < 0) files.push(file);
  else files[place] = file;
  return { files, domainDirectories: sources.domainDirectories ?? [] };
}

/** Reads them, and says on stderr that something is wrong with them. */
export async function readDefinitions(values: OptionValues, io: Io): Promise<Definitions> {
  const definitions = await loadDefinitions(await definitionSources(values, io));
  const errors = countOf(definitions.problems, 'error');
  if (errors > 0)
    io.stderr.write(
      `dipper: ${errors} errors in definitions; \`dipper applications check\` names them\n`,
    );
  return definitions;
}

export const countOf = (problems: readonly Problem[], severity: Problem['severity']): number =>
  problems.filter((problem) => problem.severity === severity).length;
