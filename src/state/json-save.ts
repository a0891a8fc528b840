// `json_save`: the whole payload of netifyd's upload in a file, each interval: the status, and under `flows` for each
// interface its live flows and those that ended in the interval, one a line. Written through, never held: a hundred
// thousand flows are more than 100 MB. Kept compressed on request, the newest N.
import { basename, dirname, extname, join } from 'node:path';
import type { Log } from '../log.js';
import type { AgentStatus } from '../messages/index.js';
import { Appender } from './appender.js';
import { StateDirectory } from './directory.js';
import { FlowCollection } from './flow-collection.js';
import { flowText, linesOf } from './flow-lines.js';
import { History } from './history.js';
import type { WriteFailures } from './write-failures.js';

export interface JsonSaveOptions {
  /** Of the file, for example `/run/dipperd/sink-request.json`. */
  readonly path: string;
  /** Files of earlier intervals to keep beside it (default 0). */
  readonly history?: number;
  /** Whether flows that this machine translates are in it (default false, as `upload_nat_flows`). */
  readonly natFlows?: boolean;
  /** Most bytes of flows that ended in one interval (default 64 MiB); more are counted as lost. */
  readonly endedBytes?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly failures: WriteFailures;
  readonly log: Log;
  /** ms since 1970; for tests. */
  readonly now?: () => number;
}

/** Hands every live flow to `onLines` as whole lines, which it may reuse, and resolves after the last. */
export type TakeFlows = (onLines: (lines: Buffer) => void) => Promise<void>;

const purgeStart = Buffer.from('{"type":"flow_purge",');
const separator = Buffer.from(',\n');
const translated = Buffer.from(',"ip_nat":true,');

export class JsonSave {
  readonly #options: JsonSaveOptions;
  readonly #directory: StateDirectory;
  readonly #history: History;
  readonly #name: string;
  #ended: FlowCollection;
  #saving: Promise<boolean> | undefined;
  readonly #counters = { saved: 0, skipped: 0, flows_lost: 0, lines_refused: 0 };

  private constructor(options: JsonSaveOptions, directory: StateDirectory) {
    this.#options = options;
    this.#directory = directory;
    this.#name = basename(options.path);
    const extension = extname(this.#name);
    this.#history = new History(
      directory,
      basename(this.#name, extension),
      extension,
      options.history ?? 0,
    );
    this.#ended = this.#collection();
  }

  /** Checks the folder; makes it where it is missing. Throws DipperError. */
  static async open(options: JsonSaveOptions): Promise<JsonSave> {
    const { log, owner, path } = options;
    const about = owner === undefined ? { log, shared: true } : { log, shared: true, owner };
    const save = new JsonSave(options, await StateDirectory.open(dirname(path), about));
    await save.#history.trim(save.#now());
    return save;
  }

  /** Since the start: files written, intervals skipped because one was still being written, flows left out. */
  get counters(): Readonly<{
    saved: number;
    skipped: number;
    flows_lost: number;
    lines_refused: number;
  }> {
    return this.#counters;
  }

  /** Live lines, of which it keeps the flows that ended. The buffer may be reused afterwards. */
  add(lines: Buffer): void {
    for (const line of linesOf(lines)) {
      if (line.compare(purgeStart, 0, purgeStart.length, 0, purgeStart.length) !== 0) continue;
      const text = this.#wanted(line);
      if (text === undefined) continue;
      try {
        if (!this.#ended.add(text.interface, text.flow)) this.#counters.flows_lost += 1;
      } catch (error) {
        this.#counters.flows_lost += 1;
        this.#options.failures.failed(this.#options.path, error);
      }
    }
  }

  /** Writes the file. False: not written, and why was counted and said. Never rejects. */
  async save(status: AgentStatus, takeFlows: TakeFlows): Promise<boolean> {
    if (this.#saving !== undefined) {
      this.#counters.skipped += 1;
      return false;
    }
    this.#saving = this.#save(status, takeFlows);
    const written = await this.#saving;
    this.#saving = undefined;
    return written;
  }

  /** Waits for the file that is being written. Idempotent. */
  async close(): Promise<void> {
    await this.#saving;
    await this.#ended.close();
  }

  async #save(status: AgentStatus, takeFlows: TakeFlows): Promise<boolean> {
    const { failures, path } = this.#options;
    const ended = this.#ended;
    this.#ended = this.#collection();
    const others = this.#collection(Number.POSITIVE_INFINITY);
    try {
      await this.#directory.replace(this.#name, async (file) => {
        const target = new Appender(file.fd);
        await this.#fill(target, status, takeFlows, ended, others);
        await this.#keep(file.fd);
      });
      this.#counters.saved += 1;
      failures.succeeded(path);
      return true;
    } catch (error) {
      failures.failed(path, error);
      return false;
    } finally {
      await ended.close();
      await others.close();
    }
  }

  /** The flows of the first interface go straight into the file, the others' through a file of their own. */
  async #fill(
    file: Appender,
    status: AgentStatus,
    takeFlows: TakeFlows,
    ended: FlowCollection,
    others: FlowCollection,
  ): Promise<void> {
    const { seq, type, ...rest } = status;
    file.append(`${JSON.stringify(rest).slice(0, -1)},"flows":{`);
    let first: string | undefined = [...ended.interfaces][0];
    let empty = true;
    if (first !== undefined) {
      file.append(`${first}:[`);
      empty = !(await ended.copyTo(file, first, true));
    }
    await takeFlows((lines) => {
      for (const line of linesOf(lines)) {
        const text = this.#wanted(line);
        if (text === undefined) continue;
        if (first === undefined) {
          first = text.interface;
          file.append(`${first}:[`);
        }
        if (text.interface === first) {
          file.append(empty ? separator.subarray(1) : separator);
          file.append(text.flow);
          empty = false;
        } else if (!others.add(text.interface, text.flow)) this.#counters.flows_lost += 1;
      }
    });
    if (first !== undefined) file.append('\n]');
    for (const name of new Set([...ended.interfaces, ...others.interfaces])) {
      if (name === first) continue;
      file.append(`,${name}:[`);
      const some = await ended.copyTo(file, name, true);
      await others.copyTo(file, name, !some);
      file.append('\n]');
    }
    file.append('}}\n');
    await file.settle();
  }

  /** The history is worth less than the file itself: its failure is said and costs only itself. */
  async #keep(descriptor: number): Promise<void> {
    const file = join(this.#directory.path, 'history');
    try {
      await this.#history.keep(descriptor, this.#now());
      this.#options.failures.succeeded(file);
    } catch (error) {
      this.#options.failures.failed(file, error);
    }
  }

  #now(): Date {
    return new Date(this.#options.now?.() ?? Date.now());
  }

  #wanted(line: Buffer): ReturnType<typeof flowText> {
    const text = flowText(line);
    if (text === undefined) {
      this.#counters.lines_refused += 1;
      return undefined;
    }
    return this.#options.natFlows || !text.flow.includes(translated) ? text : undefined;
  }

  #collection(limit = this.#options.endedBytes ?? 64 * 1024 * 1024): FlowCollection {
    return new FlowCollection(this.#directory, limit);
  }
}
