// A configuration from texts, as the tests write it.

import { parseCommandLine } from '../../../src/config/command-line.js';
import { parseIni } from '../../../src/config/ini-file.js';
import { fromSources, type LoadedConfig, type LoadOptions } from '../../../src/config/load.js';
import { ConfigError, problemText } from '../../../src/config/problems.js';

export const path = '/etc/dipperd.conf';

export interface Texts {
  file?: string;
  environment?: Record<string, string>;
  argv?: string[];
}

/** Every file can be read, every interface exists. */
export function configure(
  { file, environment = {}, argv = [] }: Texts,
  options: Pick<LoadOptions, 'judge'> = {},
): LoadedConfig {
  const line = parseCommandLine(argv, {
    isFile: () => false,
    isInterface: () => true,
    folder: '/home/operator',
  });
  const ini = file === undefined ? undefined : parseIni(path, Buffer.from(file));
  return fromSources(ini, environment, line, { readable: () => undefined, ...options });
}

/** The lines of the error, without the path; empty when there is none. */
export function problemsOf(texts: Texts): string[] {
  try {
    configure(texts);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => problemText(problem).replaceAll(`${path}:`, ''));
  }
}
