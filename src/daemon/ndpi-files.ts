// The files that libndpi loads beside its own lists. When one changes, or other ones are configured, every engine gets modules
// with the new ones for flows to come, without missing a packet. Files that libndpi refuses change nothing.
import { readFileSync } from 'node:fs';
import type { Engine, NdpiFiles } from '../capture/engine.js';
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

  async #adopt(files: NdpiFiles): Promise<void> {
    const { engines, changed, log } = this.#options;
    try {
      const { protocols } = protocolNames(files); // refuses what the engines would refuse
      for (const engine of engines()) await engine.setNdpiFiles(files);
      changed(protocols);
      log.info({ files: Object.values(files) }, 'libndpi has loaded its files again');
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${message}${placeOf(message, files)}; the files in force stay`, {
        cause: error,
      });
    }
  }
}

/** libndpi quotes the rule that it does not understand: where that stands. */
function placeOf(message: string, files: NdpiFiles): string {
  const [file, said] = Object.values(files).flatMap((path: string) => {
    const at = message.indexOf(`${path}: `);
    return at < 0 ? [] : [path, message.slice(at + path.length + 2)];
  });
  if (file === undefined || said === undefined) return '';
  let lines: readonly string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n').slice(0, mostLines);
  } catch {
    return ''; // the message says that it cannot be read
  }
  const at = lines.findIndex((line) => line.trim() !== '' && said.includes(line.trim()));
  return at < 0 ? '' : ` (line ${at + 1})`;
}

const mostLines = 100_000;
