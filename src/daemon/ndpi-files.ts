// The files that libndpi loads beside its own lists. When one changes, or other ones are configured, every engine gets modules
// with the new ones for flows to come, without missing a packet. Files that libndpi refuses change nothing.
import type { Engine, NdpiFiles } from '../capture/engine.js';
import { ndpiFileProblems, ndpiProblemText } from '../capture/ndpi-file-problems.js';
import { type ProtocolNames, protocolNames } from '../capture/protocols.js';
import type { Config } from '../config/index.js';
import type { Log } from '../log.js';
import { DefinitionFiles } from './definition-files.js';
import { ndpiFiles } from './settings.js';

export interface NdpiFilesOptions {
  readonly engines: () => Iterable<Engine>;
  /** Other files are in force: the names that ids stand for now. */
  readonly changed: (names: ProtocolNames['protocols']) => void;
  readonly log: Log;
}

export class NdpiModules {
  readonly #options: NdpiFilesOptions;
  readonly #watched: DefinitionFiles;
  #files: NdpiFiles;
  #working: Promise<unknown> = Promise.resolve();

  /** `config` is what the engines were, or will be, made with. */
  constructor(config: Config, options: NdpiFilesOptions) {
    this.#options = options;
    this.#files = ndpiFiles(config);
    this.#warn(this.#files);
    this.#watched = new DefinitionFiles({
      changed: async () => {
        await this.#load(this.#files).catch((error: Error) => options.log.error(error.message));
      },
      log: options.log,
    });
  }

  /** To be called once engines run. */
  async watch(): Promise<void> {
    await this.#watched.watch([], Object.values(this.#files));
  }

  /** Other files. Throws when libndpi refuses one: those before stay in force. */
  async configure(config: Config): Promise<void> {
    const files = ndpiFiles(config);
    await this.#load(files);
    this.#files = files;
    await this.watch();
  }

  /** Loads the files again if one of them is not as it was. Throws when libndpi refuses one: what was loaded stays in force. */
  async reload(): Promise<void> {
    if (!(await this.#watched.differ())) return;
    await this.#watched.take();
    await this.#load(this.#files);
  }

  async close(): Promise<void> {
    this.#watched.close();
    await this.#working;
  }

  /** One loading at a time. */
  #load(files: NdpiFiles): Promise<void> {
    const loading = this.#working.then(async () => await this.#adopt(files));
    this.#working = loading.catch(() => undefined);
    return loading;
  }

  /** What libndpi leaves out of the files without a word. */
  #warn(files: NdpiFiles): void {
    for (const problem of ndpiFileProblems(files)) this.#options.log.warn(ndpiProblemText(problem));
  }

  async #adopt(files: NdpiFiles): Promise<void> {
    const { engines, changed, log } = this.#options;
    try {
      const { protocols } = protocolNames(files); // refuses what the engines would refuse
      for (const engine of engines()) await engine.setNdpiFiles(files);
      changed(protocols);
      this.#warn(files);
      log.info({ files: Object.values(files) }, 'libndpi has loaded its files again');
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${message}; the files in force stay`, { cause: error });
    }
  }
}
