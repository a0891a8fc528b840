// The definitions that the daemon's engines have: read at start, again by SIGHUP, `dipper reload` and when a file changes.
// What is good is used and the rest is said with file and line; only when a file that could be read before cannot be any
// more (rights, a broken disk), the definitions in force stay until it can.
import type { Application, Problem } from '../applications/definitions.js';
import { configuredSources } from '../applications/shipped.js';
import { type LoadedApplications, loadApplications } from '../applications/table.js';
import type { Applications } from '../capture/applications.js';
import type { Config } from '../config/index.js';
import type { Log } from '../log.js';
import { DefinitionFiles } from './definition-files.js';

/** Problems that are said one by one. */
const mostSaid = 20;

export interface ApplicationsOptions {
  /** Other definitions are in force: for engines that run, and for clients that know the names. */
  readonly changed: () => void;
  readonly log: Log;
}

/** What a reading of the files came to. */
export interface Reading {
  /** What is in force now, for people. */
  readonly words: string;
  /** Lines and files that are not used. */
  readonly errors: number;
}

export class ApplicationDefinitions {
  readonly #options: ApplicationsOptions;
  readonly #files: DefinitionFiles;
  #config: Config['applications'];
  #loaded: LoadedApplications | undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(config: Config, options: ApplicationsOptions) {
    this.#options = options;
    this.#config = config.applications;
    this.#files = new DefinitionFiles({
      changed: async () => void (await this.reload()),
      log: options.log,
    });
  }

  /** Undefined when there are none. */
  get table(): Applications | undefined {
    return this.#loaded?.table;
  }

  get applications(): readonly Application[] {
    return this.#loaded?.applications ?? [];
  }

  /** Takes over other sources, and reads them. */
  async configure(config: Config): Promise<void> {
    this.#config = config.applications;
    await this.reload();
    await this.watch();
  }

  /** To be called once everything else runs. */
  async watch(): Promise<void> {
    const { enable, watch } = this.#config;
    const {
      directories = [],
      files = [],
      domainDirectories = [],
    } = configuredSources(this.#config);
    if (enable && watch) await this.#files.watch([...directories, ...domainDirectories], files);
    else await this.#files.watch([], []);
  }

  /** Reads all files again, one reading at a time. */
  reload(): Promise<Reading> {
    const reading = this.#working.then(async () => await this.#reload());
    this.#working = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    this.#files.close();
    await this.#working;
  }

  async #reload(): Promise<Reading> {
    const { log, changed } = this.#options;
    if (!this.#config.enable) {
      const had = this.#loaded !== undefined;
      this.#loaded = undefined;
      if (had) changed();
      return { words: 'no definitions of applications', errors: 0 };
    }
    await this.#files.take();
    const loaded = await loadApplications(configuredSources(this.#config));
    const lost = unreadable(loaded, this.#loaded);
    if (lost !== undefined) {
      const words = `the definitions in force stay: ${lost.file}: ${lost.message}`;
      log.error({ file: lost.file }, words);
      return { words, errors: 1 };
    }
    this.#say(loaded.problems);
    this.#loaded = loaded;
    changed();
    const words = `${loaded.applications.length} applications by ${loaded.rules} rules`;
    log.info({ bytes: loaded.table.bytes, problems: loaded.problems.length }, words);
    return { words, errors: loaded.problems.filter(({ severity }) => severity === 'error').length };
  }

  #say(problems: readonly Problem[]): void {
    const { log } = this.#options;
    let said = 0;
    for (const { file, line, severity, message } of problems) {
      const text = `${file}:${line}: ${message}`;
      if (severity === 'note') log.debug(text);
      else if (++said <= mostSaid) log[severity === 'error' ? 'error' : 'warn'](text);
    }
    if (said > mostSaid) log.warn(`${said - mostSaid} more problems of definition files`);
  }
}

/** A file as a whole that was in order and is not any more. */
function unreadable(
  now: LoadedApplications,
  before: LoadedApplications | undefined,
): Problem | undefined {
  const whole = ({ line, severity }: Problem): boolean => line === 0 && severity === 'error';
  const bad = new Set(before?.problems.filter(whole).map(({ file }) => file));
  const good = new Set(before?.files.filter((file) => !bad.has(file)));
  return now.problems.find((problem) => whole(problem) && good.has(problem.file));
}
