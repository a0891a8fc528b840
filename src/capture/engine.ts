// The data plane as the rest of the program sees it: options in, lines of JSON and counters out. Capture, decode,
// flow table and nDPI run on threads of the addon; this file only checks options and takes finished lines.
import { type CounterLayout, loadAddon, type NativeEngine, type NativeError } from '../addon.js';
import { DipperError, type ErrorCode, isErrorCode } from '../errors.js';
import type { FlowMessage } from '../messages/index.js';
import type { ConntrackMonitor } from './conntrack.js';
import { nativeSource, type Source, sourceName } from './source.js';

/** When flows end by themselves, in seconds of packet time. */
export interface FlowExpiry {
  /** Silence after which a UDP flow ends (default 30). */
  readonly udpIdleS?: number;
  /** Silence after which an open TCP flow ends (default 300). */
  readonly tcpIdleS?: number;
  /** Silence after which a TCP flow with RST or both FINs ends (default 10). */
  readonly tcpClosedS?: number;
  /** Silence after which any other flow ends (default 30). */
  readonly otherIdleS?: number;
  /** Age at which a record ends and its flow goes on in a new one; 0 = never (default). */
  readonly activeS?: number;
}

/** Files that libndpi loads before it starts; formats are its own. */
export interface NdpiFiles {
  readonly protocols?: string;
  readonly categories?: string;
  readonly riskyDomains?: string;
  readonly ja3?: string;
  readonly certificates?: string;
}

/**
 * `none`: a file. `removed`: the interface was there and is looked for. `waiting`: it has not been there yet.
 * `needs_descriptor`: the process may not open what it needs; see `provideDescriptor`.
 */
export type SourceState = 'none' | 'up' | 'down' | 'removed' | 'waiting' | 'needs_descriptor';

export type EngineEvent = 'detected' | 'updated' | 'expired' | 'stats';

export interface EngineOptions {
  readonly source: Source;
  /** `interface` in the messages; the source's interface or path by default. */
  readonly interface?: string;
  /** Whether that interface is on the local side (default true). */
  readonly internal?: boolean;
  /** Worker threads, 1 to 64 (default 1). A pair of addresses always goes to the same one. */
  readonly workers?: number;
  /** Which messages: `flow`, `flow_dpi_update`, `flow_purge`, `flow_stats`. Default: all but `stats`. */
  readonly events?: readonly EngineEvent[];
  /** Decode, count and give up exactly as nDPI 4.2's own test run does. */
  readonly reference?: boolean;
  /** Tunnels to look into; all by default. */
  readonly tunnels?: readonly string[];
  /** Flows tracked at a time, by all workers together (default 4,194,304). */
  readonly maxFlows?: number;
  /** Flows in detection at a time (default 131,072; no limit with `reference`). */
  readonly maxDpiStates?: number;
  /** `none` (default for capture files): flows end with the capture. */
  readonly expiry?: FlowExpiry | 'none';
  /** What the kernel knows of connections: `ip_nat`, `conntrack` and `twin_digest` in messages. */
  readonly conntrack?: ConntrackMonitor;
  /** Seconds of packet time between two `flow_stats` of a flow; 0 = none (default). */
  readonly statsIntervalS?: number;
  readonly dpi?: NdpiFiles & {
    /** Packets of a flow shown to nDPI before it gives up (default 32). */
    readonly maxPacketsTcp?: number;
    readonly maxPacketsUdp?: number;
  };
}

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
}

/** Bytes that one `drain` can take: two hundred chunks of the workers' 64 KiB would gain nothing measurable. */
const drainBytes = 1 << 20;

const eventBits: Record<EngineEvent, number> = { detected: 1, updated: 2, expired: 4, stats: 8 };

function integer(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new DipperError(
    'ERR_OPTION_INVALID',
    `${name} is ${value}; it must be a whole number from ${low} to ${high}`,
  );
}

function seconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0 && value <= 1e7) return value * 1000;
  throw new DipperError(
    'ERR_OPTION_INVALID',
    `${name} is ${value}; it must be a number of seconds from 0 to 10000000`,
  );
}

function tunnelBits(names: readonly string[] | undefined, known: readonly string[]): number {
  let bits = 0;
  for (const name of names ?? known) {
    const position = known.indexOf(name);
    if (position < 0)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `no tunnel is called ${JSON.stringify(name)}; there are ${known.join(', ')}`,
      );
    bits |= 1 << (position + 1);
  }
  return bits;
}

/** The options by the names that the addon gives to the positions of its array. */
function numbers(options: EngineOptions, tunnels: readonly string[]): Record<string, number> {
  const expiry = options.expiry ?? 'none';
  const times: FlowExpiry = expiry === 'none' ? {} : expiry;
  const reference = options.reference ?? false;
  let events = 0;
  for (const event of options.events ?? (['detected', 'updated', 'expired'] as const)) {
    if (!Object.hasOwn(eventBits, event))
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `no event is called ${JSON.stringify(event)}; there are ${Object.keys(eventBits).join(', ')}`,
      );
    events |= eventBits[event];
  }
  return {
    workers: integer('workers', options.workers ?? 1, 1, 64),
    internal: Number(options.internal ?? true),
    events,
    tunnels: tunnelBits(options.tunnels, tunnels),
    reference: Number(reference),
    maxFlows: integer('maxFlows', options.maxFlows ?? 1 << 22, 1, 1 << 30),
    maxDpiStates: integer(
      'maxDpiStates',
      options.maxDpiStates ?? (reference ? 1 << 30 : 1 << 17),
      1,
      1 << 30,
    ),
    expiry: Number(expiry !== 'none'),
    udpIdleMs: seconds('expiry.udpIdleS', times.udpIdleS ?? 30),
    tcpIdleMs: seconds('expiry.tcpIdleS', times.tcpIdleS ?? 300),
    tcpClosedMs: seconds('expiry.tcpClosedS', times.tcpClosedS ?? 10),
    otherIdleMs: seconds('expiry.otherIdleS', times.otherIdleS ?? 30),
    activeMs: seconds('expiry.activeS', times.activeS ?? 0),
    statsIntervalMs: seconds('statsIntervalS', options.statsIntervalS ?? 0),
    maxPacketsTcp: integer('dpi.maxPacketsTcp', options.dpi?.maxPacketsTcp ?? 32, 1, 65535),
    maxPacketsUdp: integer('dpi.maxPacketsUdp', options.dpi?.maxPacketsUdp ?? 32, 1, 65535),
  };
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
  readonly #layout: CounterLayout;
  readonly #cells: BigUint64Array;
  #failure: EngineFailure | undefined;
  readonly #bell = new Bell();
  #state: 'created' | 'running' | 'ended' = 'created';
  #ended: Promise<void>;
  #setEnded!: () => void;

  /** Opens the source and sets nDPI up; nothing is read yet. Throws DipperError. */
  constructor(options: EngineOptions) {
    const addon = loadAddon();
    const byName = numbers(options, addon.tunnels);
    const ordered = Float64Array.from(addon.Engine.numberNames, (name) => {
      const value = byName[name];
      if (value === undefined) throw new DipperError('ERR_INTERNAL', `no engine number ${name}`);
      return value;
    });
    const files = addon.Engine.fileNames.map(
      (name) => options.dpi?.[name as keyof NdpiFiles] ?? '',
    );
    const source = nativeSource(options.source);
    try {
      this.#native = new addon.Engine(
        source,
        options.interface ?? sourceName(options.source),
        ordered,
        files,
        this.#bell.ring,
        options.conntrack?.native,
      );
    } catch (cause) {
      if (!(cause instanceof Error) || !('exitCode' in cause)) throw cause;
      throw new DipperError(codeOf(cause as NativeError), cause.message, { cause });
    }
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
    return this.#ended;
  }

  /** Where the source's interface or descriptor stands. */
  sourceState(): SourceState {
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

  /** Looks at once whether an interface has come back, instead of within a second. */
  retrySource(): void {
    if (this.#state !== 'ended') this.#native.retrySource();
  }

  /** Counters as of now, by name; a number is exact below 2^53. */
  counters(): EngineCounters {
    const { reader, worker, discards, workerOffset, workerStride } = this.#layout;
    const cell = (index: number): number => Number(this.#cells[index] ?? 0n);
    const totals: Record<string, number> = {};
    for (const [i, name] of reader.entries()) totals[name] = cell(i);
    for (let base = workerOffset; base < this.#cells.length; base += workerStride)
      for (const [i, name] of worker.entries()) totals[name] = (totals[name] ?? 0) + cell(base + i);
    const discarded: Record<string, { packets: number; bytes: number }> = {};
    for (const [i, name] of discards.entries()) {
      const packets = cell(reader.length + i);
      if (packets > 0)
        discarded[name] = { packets, bytes: cell(reader.length + discards.length + i) };
    }
    return { totals, discarded };
  }

  /** Why the source ended early, known once the iteration has ended. */
  failure(): EngineFailure | undefined {
    return this.#failure;
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const failure = this.#native.failure();
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
