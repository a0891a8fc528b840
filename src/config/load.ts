// The configuration: flag > environment > file > default, every value with its origin, every problem at once.
import { existsSync } from 'node:fs';
import { assemble, type Place } from './assemble.js';
import { crossChecks, type ReadableProbe } from './checks.js';
import type { CommandLine } from './command-line-types.js';
import { type Environment, environmentSettings } from './environment.js';
import { type IniFile, readIniFile } from './ini-file.js';
import { ConfigError, type Problem } from './problems.js';
import { remarks } from './remarks.js';
import type { Config } from './schema/index.js';
import { commandLineSettings, fileSettings } from './settings.js';
import { Store } from './store.js';
import { validate } from './validate.js';

/** Read when neither `-c` nor DIPPER_CONFIG names another; it need not exist. */
export const defaultConfigFile = '/etc/dipperd.conf';

export interface LoadOptions {
  /** What parseCommandLine gave; its `configFile` wins over the environment's. */
  readonly commandLine?: Pick<CommandLine, 'interfaces' | 'overrides' | 'configFile'>;
  /** By default the process's own. */
  readonly environment?: Environment;
  /** Instead of `/etc/dipperd.conf`; `none` reads no file unless one is named. */
  readonly defaultFile?: string | 'none';
  /** For tests: whether a file that a key names can be read. */
  readonly readable?: ReadableProbe;
  /** What parts above this one refuse: a filter that does not compile. Asked when nothing else is wrong. */
  readonly judge?: (config: Config) => readonly Verdict[];
}

export interface Verdict {
  /** JSON pointer into the configuration: `/interfaces/0/filter`. */
  readonly pointer: string;
  /** Goes on after the name of the key: `is no filter: syntax error; see pcap-filter(7)`. */
  readonly message: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** JSON pointer into `config` -> the name of the key and where its value is from. */
  readonly places: ReadonlyMap<string, Place>;
  /** One line each, for the log: keys of netifyd that have no meaning here, what has no effect, unknown variables. */
  readonly notices: readonly string[];
  /** The file that was read. */
  readonly file?: string;
}

/** Throws ConfigError with every problem of the file, the variables and the flags. Reads, changes nothing. */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env;
  const line = options.commandLine ?? { interfaces: [], overrides: [] };
  const file = configFile(line.configFile, environment, options.defaultFile);
  const ini = file === undefined ? undefined : readIniFile(file);
  return fromSources(ini, environment, line, options);
}

/** The same, with the file already read. */
export function fromSources(
  ini: IniFile | undefined,
  environment: Environment,
  line: Pick<CommandLine, 'interfaces' | 'overrides'>,
  { readable, judge }: Pick<LoadOptions, 'readable' | 'judge'> = {},
): LoadedConfig {
  const store = new Store();
  const problems: Problem[] = [...(ini?.problems ?? [])];
  if (ini !== undefined) {
    for (const section of ini.sections)
      store.addSection(section.name, { kind: 'file', path: ini.path, line: section.line });
    store.addAll(fileSettings(ini));
  }
  const flags = commandLineSettings(line);
  const named = [...store.interfaces.keys(), ...line.interfaces.map(({ name }) => name)];
  const variables = environmentSettings(environment, named);
  store.addAll(variables.settings);
  store.addAll(flags);
  problems.push(...store.problems);

  const assembled = assemble(store, problems);
  const refused = validate(assembled);
  problems.push(...refused);
  if (refused.length === 0) {
    const config = assembled.config as unknown as Config;
    problems.push(...crossChecks(config, assembled.places, readable));
  }
  if (problems.length === 0 && judge !== undefined) {
    for (const { pointer, message } of judge(assembled.config as unknown as Config)) {
      const { name, origin } = assembled.places.get(pointer) ?? { name: pointer, origin: none };
      problems.push({ origin, message: `\`${name}\` ${message}` });
    }
  }
  if (problems.length > 0) throw new ConfigError(inOrder(problems));
  return {
    config: freeze(assembled.config) as unknown as Config,
    places: assembled.places,
    notices: [
      ...store.notices,
      ...variables.notices,
      ...remarks(assembled.config as unknown as Config, assembled.places),
    ],
    ...(ini === undefined ? {} : { file: ini.path }),
  };
}

function configFile(
  named: string | undefined,
  environment: Environment,
  defaultFile: string = defaultConfigFile,
): string | undefined {
  const chosen = named ?? environment.DIPPER_CONFIG;
  if (chosen !== undefined && chosen !== '') return chosen;
  return defaultFile !== 'none' && existsSync(defaultFile) ? defaultFile : undefined;
}

const none = { kind: 'default' } as const;

/** The file's problems by line, then those of variables and flags; none twice. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const rank = ({ origin }: Problem) => (origin.kind === 'file' ? origin.line : 1e9);
  const seen = new Set<string>();
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .filter((problem) => {
      // A value that holds for every index is wrong once.
      const id = JSON.stringify(problem).replace(/\[\d+\]/, '');
      return !seen.has(id) && seen.add(id);
    });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
}
