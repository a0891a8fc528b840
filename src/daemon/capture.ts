// One captured interface: an engine for each member of its fanout, started, watched, and started again with growing
// pauses when one fails. Its lines go through the router; its counters stay readable after an end.
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, type EngineCounters, type EngineOptions } from '../capture/engine.js';
import type { Source } from '../capture/source.js';
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';
import { type LineTargets, routeLines } from './line-router.js';

export type Role = 'LAN' | 'WAN';

/** One interface, or one capture file in an interface's place. */
export interface CaptureSpec {
  /** `interface` of the messages. */
  readonly name: string;
  readonly role: Role;
  readonly type: Source['type'];
  /** One engine for each; several are the members of one fanout. */
  readonly sources: readonly Source[];
}

/** `ended`: a capture file is through. `failed`: waiting for the next attempt. */
export type CaptureState = 'up' | 'down' | 'removed' | 'failed' | 'ended';

export interface EngineSample {
  /** The engine itself: counters begin anew with another. */
  readonly key: object;
  readonly counters: EngineCounters;
}

/** Pauses between attempts to start an engine again, in ms: quick at first, never more than five seconds apart. */
const pausesMs = [200, 500, 1000, 2000, 5000] as const;

interface Lane {
  readonly source: Source;
  engine: Engine | undefined;
  /** Counters of engines that have ended since somebody looked. */
  departed: EngineSample[];
  restarts: number;
  ended: boolean;
  done: Promise<void>;
}

export interface CaptureOptions {
  /** All of an engine's options but source, interface and internal; asked again for each attempt. */
  readonly engine: (spec: CaptureSpec) => Omit<EngineOptions, 'source' | 'interface' | 'internal'>;
  readonly targets: (engine: Engine) => LineTargets;
  /** After each chunk: lets the sockets take what was published. */
  readonly turn: () => Promise<void> | undefined;
  /** An engine will say nothing more. */
  readonly gone: (engine: Engine) => void;
  /** What an engine needs to open its source that the process may not open itself any more. */
  readonly openDescriptor: ((source: Source) => number | undefined) | undefined;
  readonly log: Log;
}

export class Capture {
  readonly spec: CaptureSpec;
  readonly #options: CaptureOptions;
  readonly #stopping = new AbortController();
  #lanes: Lane[] = [];

  constructor(spec: CaptureSpec, options: CaptureOptions) {
    this.spec = spec;
    this.#options = options;
  }

  /** Opens every source; nothing is read yet. Throws what the first one that is refused says, with all closed. */
  open(): void {
    const lanes: Lane[] = [];
    try {
      for (const source of this.spec.sources)
        lanes.push({
          ...{ source, engine: this.#open(source), departed: [], restarts: 0, ended: false },
          done: Promise.resolve(),
        });
    } catch (error) {
      for (const { engine } of lanes) void engine?.stop();
      throw error;
    }
    this.#lanes = lanes;
  }

  /** Begins to read. */
  start(): void {
    for (const lane of this.#lanes) lane.done = this.#run(lane);
  }

  *engines(): Iterable<Engine> {
    for (const { engine } of this.#lanes) if (engine !== undefined) yield engine;
  }

  /** Resolves when every engine has ended for good: files at their end, or after stop(). */
  async ended(): Promise<void> {
    await Promise.all(this.#lanes.map(({ done }) => done));
  }

  /** Reads no more; what was read comes out, flows end with reason `shutdown`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { engine } of this.#lanes) void engine?.stop();
    await this.ended();
  }

  state(): CaptureState {
    if (this.#lanes.length > 0 && this.#lanes.every(({ ended }) => ended)) return 'ended';
    if (this.#lanes.some(({ engine, ended }) => engine === undefined && !ended)) return 'failed';
    for (const engine of this.engines()) {
      const state = engine.sourceState();
      if (state === 'down') return 'down';
      if (state !== 'none' && state !== 'up') return 'removed';
    }
    return 'up';
  }

  get restarts(): number {
    return this.#lanes.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Counters of every engine, and once more of those that have ended since the last call. */
  samples(): EngineSample[] {
    const samples = this.peek();
    for (const lane of this.#lanes) lane.departed = [];
    return samples;
  }

  /** The same without taking note. */
  peek(): EngineSample[] {
    return this.#lanes.flatMap(({ engine, departed }) =>
      engine === undefined ? departed : [...departed, { key: engine, counters: engine.counters() }],
    );
  }

  /** Looks after what only the outside can give: descriptors for interfaces that have come back. */
  attend(): void {
    for (const { engine, source } of this.#lanes) {
      if (engine?.sourceState() !== 'needs_descriptor') continue;
      const descriptor = this.#options.openDescriptor?.(source);
      if (descriptor !== undefined) engine.provideDescriptor(descriptor);
    }
  }

  #open(source: Source): Engine {
    const { name, role } = this.spec;
    const descriptor = this.#options.openDescriptor?.(source);
    return new Engine({
      ...this.#options.engine(this.spec),
      source: descriptor === undefined ? source : ({ ...source, descriptor } as Source),
      interface: name,
      internal: role === 'LAN',
    });
  }

  async #run(lane: Lane): Promise<void> {
    const { log } = this.#options;
    const { name, type } = this.spec;
    for (;;) {
      if (lane.engine !== undefined) {
        await this.#drain(lane, lane.engine);
        if (type === 'pcap-file') break;
      }
      if (this.#stopping.signal.aborted) break;
      const pause = pausesMs[Math.min(lane.restarts, pausesMs.length - 1)];
      lane.restarts += 1;
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) break;
      try {
        lane.engine = this.#open(lane.source);
        log.info({ interface: name }, `${name}: capture begins again`);
      } catch (error) {
        if (!(error instanceof DipperError)) throw error;
        log.warn({ interface: name, code: error.code }, `${name}: ${error.message}`);
      }
    }
    lane.ended = true;
  }

  async #drain(lane: Lane, engine: Engine): Promise<void> {
    const targets = this.#options.targets(engine);
    try {
      for await (const chunk of engine.chunks()) {
        routeLines(chunk, targets);
        const turn = this.#options.turn();
        if (turn !== undefined) await turn;
      }
    } finally {
      lane.departed.push({ key: engine, counters: engine.counters() });
      lane.engine = undefined;
      this.#options.gone(engine);
    }
    const failure = engine.failure();
    if (failure !== undefined)
      this.#options.log.error(
        { interface: this.spec.name, offset: failure.offset },
        `${this.spec.name}: ${failure.message}`,
      );
  }
}

/** Sums by name. */
export function addCounters(all: readonly EngineCounters[]): EngineCounters {
  const totals: Record<string, number> = {};
  const discarded: Record<string, { packets: number; bytes: number }> = {};
  for (const counters of all) {
    for (const [name, value] of Object.entries(counters.totals))
      totals[name] = (totals[name] ?? 0) + value;
    for (const [name, { packets, bytes }] of Object.entries(counters.discarded)) {
      const sum = discarded[name] ?? { packets: 0, bytes: 0 };
      discarded[name] = { packets: sum.packets + packets, bytes: sum.bytes + bytes };
    }
  }
  const drops = all.some((one) => one.drops === null)
    ? null
    : all.reduce((sum, one) => sum + (one.drops ?? 0), 0);
  return { totals, discarded, drops };
}
