// Explanations of live flows for clients that ask: a snapshot of one flow, which says why it is its application. One at a
// time, a bounded number wait.
import { DipperError } from '../errors.js';

/** An engine as an explanation sees it. */
export interface ExplainingEngine {
  snapshot(id: number, explanation: { readonly digest?: string }): void;
}

export interface ExplanationsOptions<Engine extends ExplainingEngine> {
  readonly engines: () => Iterable<Engine>;
  /** The lines as they may be sent. */
  readonly allowed: (line: Buffer) => Buffer;
  /** Digests in messages are not those of the engines: the privacy filter makes others of them. */
  readonly veiled: () => boolean;
}

/** Numbers that the snapshots for clients never reach. */
const firstId = 2 ** 40;
const mostWaiting = 16;

export class FlowExplanations<Engine extends ExplainingEngine> {
  readonly #options: ExplanationsOptions<Engine>;
  #nextId = firstId;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #active:
    | {
        id: number;
        wanted: Buffer;
        line: Buffer | undefined;
        pending: Set<Engine>;
        done: () => void;
      }
    | undefined;

  constructor(options: ExplanationsOptions<Engine>) {
    this.#options = options;
  }

  /** The flow's line, undefined when no live one has the digest. Throws ERR_ENGINE_BUSY. */
  async take(digest: string, signal: AbortSignal): Promise<Buffer | undefined> {
    if (this.#waiting >= mostWaiting)
      throw new DipperError('ERR_ENGINE_BUSY', 'many explanations are asked for; try again');
    this.#waiting += 1;
    const mine = this.#turn.then(async () =>
      signal.aborted ? undefined : await this.#take(digest),
    );
    this.#turn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Whether snapshot `id` is one of these. */
  has(id: number): boolean {
    return id >= firstId;
  }

  /** A line of snapshot `id`. */
  line(id: number, line: Buffer): void {
    const active = this.#active;
    if (active?.id !== id || active.line !== undefined) return;
    const allowed = this.#options.allowed(line);
    if (allowed.includes(active.wanted)) active.line = Buffer.from(allowed);
  }

  /** `engine` has nothing more for snapshot `id`, or is gone (`id` undefined). */
  end(engine: Engine, id?: number): void {
    const active = this.#active;
    if (active === undefined || (id !== undefined && active.id !== id)) return;
    active.pending.delete(engine);
    if (active.pending.size === 0) active.done();
  }

  async #take(digest: string): Promise<Buffer | undefined> {
    const id = this.#nextId++;
    const pending = new Set(this.#options.engines());
    const wanted = Buffer.from(`"flow":{"digest":"${digest}"`);
    const done = new Promise<void>((resolve) => {
      this.#active = { id, wanted, line: undefined, pending, done: resolve };
    });
    // Where digests are veiled, all flows are looked through.
    const explanation = this.#options.veiled() ? {} : { digest };
    if (pending.size === 0) this.#active?.done();
    try {
      for (const engine of [...pending]) engine.snapshot(id, explanation);
      await done;
      return this.#active?.line;
    } finally {
      this.#active = undefined;
    }
  }
}
