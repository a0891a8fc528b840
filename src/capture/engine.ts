// The data plane as the rest of the program sees it: options in, lines of JSON and counters out. Capture, decode,
// flow table and nDPI run on threads of the addon; this file only checks options and takes finished lines.
import { type CounterLayout, loadAddon, type NativeEngine, type NativeError } from '../addon.js';
import { DipperError, type ErrorCode, isErrorCode } from '../errors.js';
import type { FlowMessage } from '../messages/index.js';
import type { Applications } from './applications.js';
import { CapProcess } from './cap-process.js';
import {
  type EngineOptions,
  integer,
  type LiveEngineOptions,
  type NdpiFiles,
  ordered,
  type SourceState,
} from './engine-options.js';
import { refuseNdpiFiles } from './ndpi-file-problems.js';
import { networkColumns } from './network-columns.js';
import type { Network } from './networks.js';
import { closeGiven, nativeSource, sourceName } from './source.js';

export type {
  EngineEvent,
  EngineOptions,
  FlowExpiry,
  LiveEngineOptions,
  NdpiFiles,
  SourceState,
} from './engine-options.js';

/** What ended a source before its end. Everything before `offset` was processed. */
export interface EngineFailure {
  readonly message: string;
  /** Byte offset in the capture. */
  readonly offset: number;
  /** sysexits: 65 damaged data, 74 I/O. */
  readonly exitCode: number;
}

export interface EngineCounters {
  /** Sum over threads, by name (addon/core/counters.h). */
  readonly totals: Readonly<Record<string, number>>;
  /** Frames that are in no flow, by reason; reasons that never occurred are left out. */
  readonly discarded: Readonly<Record<string, { packets: number; bytes: number }>>;
  /** Packets lost before they were read; null where nobody knows (source `cap`). */
  readonly drops: number | null;
}

/** Bytes that one `drain` can take: two hundred chunks of the workers' 64 KiB would gain nothing measurable. */
const drainBytes = 1 << 20;

function accepted(command: boolean): void {
  if (!command)
    throw new DipperError(
      'ERR_ENGINE_BUSY',
      'the workers have more commands than they can take; try again when their lines were read',
    );
}

/** The error code for what the addon threw, by its sysexits code. */
function codeOf(error: NativeError): ErrorCode {
  if (isErrorCode(error.code)) return error.code;
  switch (error.exitCode) {
    case 64:
      return 'ERR_OPTION_INVALID';
    case 65:
      return 'ERR_CAPTURE_FORMAT';
    case 66:
      return 'ERR_INPUT_NOT_FOUND';
    case 69:
      return 'ERR_SOURCE_UNAVAILABLE';
    case 77:
      return 'ERR_PERMISSION';
    case 78:
      return 'ERR_NDPI_FILE';
    default:
      return 'ERR_SYSTEM';
  }
}

/** What `check` returns. When it throws, the descriptor that the engine was to own is closed first. */
function checked<T>({ source }: EngineOptions, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if ('descriptor' in source && source.descriptor !== undefined) closeGiven(source.descriptor);
    throw error;
  }
}

/** One wake-up between the addon and the iteration that waits for it; rung before anyone waits, it is remembered. */
class Bell {
  #rung = false;
  #resume: (() => void) | undefined;

  // The addon holds on to this function for as long as its engine lives: it must not reach the engine, which would
  // never be collected then. (A closure made in Engine's constructor would, through its context.)
  readonly ring = (): void => {
    this.#rung = true;
    this.#resume?.();
  };

  async rung(): Promise<void> {
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    this.#resume = undefined;
    this.#rung = false;
  }
}

/** One source through the data plane. Iterate `chunks()` or `events()` once; then read `counters()` and `failure()`. */
export class Engine {
  readonly #native: NativeEngine;
  #options: EngineOptions;
  readonly #layout: CounterLayout;
  readonly #cells: BigUint64Array;
  #failure: EngineFailure | undefined;
  readonly #cap: CapProcess | undefined;
  readonly #bell = new Bell();
  #state: 'created' | 'running' | 'ended' = 'created';
  #ended: Promise<void>;
  #setEnded!: () => void;

  /** Opens the source and sets nDPI up; nothing is read yet. Throws DipperError. */
  constructor(options: EngineOptions) {
    const addon = loadAddon();
    const values = checked(options, () => {
      refuseNdpiFiles(options.dpi ?? {});
      return ordered(options, addon);
    });
    const files = addon.Engine.fileNames.map(
      (name) => options.dpi?.[name as keyof NdpiFiles] ?? '',
    );
    this.#cap = options.source.type === 'cap' ? new CapProcess(options.source) : undefined;
    const source =
      this.#cap?.nativeSource() ?? checked(options, () => nativeSource(options.source));
    try {
      this.#native = new addon.Engine(
        source,
        options.interface ?? sourceName(options.source),
        values,
        files,
        this.#bell.ring,
        options.conntrack?.native,
        options.dnsHints?.native,
        options.flowHashes?.native,
        options.reference ? undefined : options.applications?.native,
      );
    } catch (cause) {
      this.#cap?.close();
      if (!(cause instanceof Error) || !('exitCode' in cause)) throw cause;
      throw new DipperError(codeOf(cause as NativeError), cause.message, { cause });
    }
    this.#options = options;
    if (options.networks) this.setNetworks(options.networks);
    this.#layout = addon.counterLayout;
    this.#cells = new BigUint64Array(this.#native.counters() ?? new ArrayBuffer(0));
    this.#ended = new Promise((resolve) => {
      this.#setEnded = resolve;
    });
  }

  /**
   * Whole NDJSON lines as they come, several a chunk. The chunk's memory is used again by the next iteration.
   * Not reading is back-pressure: a capture file waits.
   */
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    if (this.#state !== 'created')
      throw new DipperError('ERR_INTERNAL', 'an engine can be iterated once; make another');
    this.#state = 'running';
    const buffer = Buffer.allocUnsafe(drainBytes);
    try {
      this.#native.start();
      this.#cap?.start(this.#native);
      for (;;) {
        const size = this.#native.drain(buffer);
        if (size > 0) yield buffer.subarray(0, size);
        else if (this.#native.finished()) break;
        else await this.#bell.rung();
      }
    } finally {
      this.#end();
    }
  }

  /** The same, parsed: a batch of messages an iteration. */
  async *events(): AsyncGenerator<FlowMessage[], void, void> {
    for await (const chunk of this.chunks()) {
      const lines = chunk.toString('utf8').split('\n');
      lines.pop();
      yield lines.map((line) => JSON.parse(line) as FlowMessage);
    }
  }

  /**
   * Reads no more; what was read is processed and flows end with reason `shutdown`. Resolves when the iteration
   * has ended, at once if it never began. May be called any number of times.
   */
  stop(): Promise<void> {
    if (this.#state === 'created') this.#end();
    if (this.#state === 'running') this.#native.stop();
    this.#cap?.close();
    return this.#ended;
  }

  /** Where the source's interface or descriptor stands. */
  sourceState(): SourceState {
    if (this.#cap) return this.#cap.state();
    const index = this.#layout.reader.indexOf('source_state');
    return (loadAddon().sourceStates[Number(this.#cells[index])] ?? 'none') as SourceState;
  }

  /**
   * The descriptor that the state `needs_descriptor` waits for; the engine owns it when this returns true. False: it is
   * not wanted now, or not of the kind that the source was opened with.
   */
  provideDescriptor(descriptor: number): boolean {
    return this.#state !== 'ended' && this.#native.provideDescriptor(descriptor);
  }

  /** What last went wrong with a source that helps itself (`cap`), in words. */
  sourceProblem(): string | undefined {
    return this.#cap?.problem();
  }

  /** Looks at once whether an interface has come back, instead of within a second. */
  retrySource(): void {
    if (this.#state !== 'ended') this.#native.retrySource();
    this.#cap?.retry();
  }

  /** Replaces what is local, for every message from now on. Throws ERR_OPTION_INVALID. */
  setNetworks(networks: readonly Network[]): void {
    const { prefixes, classes } = networkColumns(networks);
    accepted(this.#native.setNetworks(prefixes, classes));
  }

  /**
   * Changes options while packets flow. Shorter idle times end at once what is past them. `expiry` has no effect where
   * it was `none`. Throws ERR_OPTION_INVALID, and then nothing changed.
   */
  set(options: LiveEngineOptions): void {
    const { expiry: before = 'none', dpi } = this.#options;
    const changed: EngineOptions = {
      ...this.#options,
      ...options,
      expiry: before === 'none' ? before : { ...before, ...options.expiry },
      dpi: { ...dpi, ...options.dpi },
    };
    accepted(this.#native.setLiveOptions(ordered(changed, loadAddon())));
    this.#options = changed;
  }

  /**
   * Other definitions for flows to come; those that are there are matched again in slices, and a `flow_dpi_update` follows where
   * the answer is another one. Nothing with `reference`.
   */
  setApplications(applications: Applications | undefined): void {
    if (this.#options.reference) return;
    accepted(this.#native.setApplications(applications?.native));
    const { applications: _, ...others } = this.#options; // nobody else keeps the one before
    this.#options = applications === undefined ? others : { ...others, applications };
  }

  /**
   * Other files of libndpi, in place of all before, for flows to come; a flow whose detection goes on stays with the files that
   * it began with. They are loaded in the background, for each worker. Rejects with ERR_NDPI_FILE: the engine stays as it is.
   */
  async setNdpiFiles(files: NdpiFiles): Promise<void> {
    refuseNdpiFiles(files);
    const names = loadAddon().Engine.fileNames as readonly (keyof NdpiFiles)[];
    try {
      await this.#native.loadNdpiFiles(names.map((name) => files[name] ?? ''));
    } catch (cause) {
      throw new DipperError('ERR_NDPI_FILE', (cause as Error).message, { cause });
    }
  }

  /** Ends every flow that is there now, with reason `shutdown`. */
  expireAll(): void {
    accepted(this.#native.expireAll());
  }

  /**
   * Every live flow that was announced (also those of unknown protocol where they are dumped), between the other lines
   * of `chunks()`: `{"snapshot":ID,"type":"flow",...}` with `established` true and whole-life counters, and last of all
   * `{"snapshot":ID,"type":"snapshot_end"}`. A flow is in it once at most; the flow_purge of one that has ended came
   * before, or comes after its line. With `explanation` each flow says why it is its application, and with a digest there is
   * that flow alone. Throws ERR_ENGINE_BUSY when 64 are open.
   */
  snapshot(id: number, explanation?: { readonly digest?: string }): void {
    const digest = explanation?.digest;
    const bytes = digest === undefined ? undefined : Buffer.from(digest, 'hex');
    const number = integer('snapshot', id, 0, Number.MAX_SAFE_INTEGER);
    accepted(this.#native.snapshot(number, explanation !== undefined, bytes));
  }

  /** Writes no more of that snapshot, its end neither; lines that were under way still come. */
  cancelSnapshot(id: number): void {
    this.#native.cancelSnapshot(id);
  }

  /** How often each worker of a live source was told the time so far, ten times a second: one that stands still is stuck. */
  ticks(): number[] {
    const { worker, workerOffset, workerStride } = this.#layout;
    const index = worker.indexOf('ticks');
    const ticks: number[] = [];
    for (let base = workerOffset; base < this.#cells.length; base += workerStride)
      ticks.push(Number(this.#cells[base + index] ?? 0n));
    return ticks;
  }

  /** Counters as of now, by name; a number is exact below 2^53. */
  counters(): EngineCounters {
    const { reader, worker, discards, workerOffset, workerStride } = this.#layout;
    const cell = (index: number): number => Number(this.#cells[index] ?? 0n);
    const totals: Record<string, number> = {};
    for (const [i, name] of reader.entries()) totals[name] = cell(i);
    for (let base = workerOffset; base < this.#cells.length; base += workerStride)
      for (const [i, name] of worker.entries())
        totals[name] =
          name === 'largest_bytes'
            ? Math.max(totals[name] ?? 0, cell(base + i))
            : (totals[name] ?? 0) + cell(base + i);
    const discarded: Record<string, { packets: number; bytes: number }> = {};
    for (const [i, name] of discards.entries()) {
      const packets = cell(reader.length + i);
      if (packets > 0)
        discarded[name] = { packets, bytes: cell(reader.length + discards.length + i) };
    }
    const drops = this.#cap ? null : (totals.kernel_dropped ?? 0);
    return { totals, discarded, drops };
  }

  /** Why the source ended early, known once the iteration has ended. */
  failure(): EngineFailure | undefined {
    return this.#failure;
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#cap?.close();
    const failure = this.#cap?.failure() ?? this.#native.failure();
    if (failure)
      this.#failure = {
        message: failure.message,
        offset: failure.offset,
        exitCode: failure.exitCode,
      };
    this.#native.close();
    this.#setEnded();
  }
}
