// Explanations in the stream: the object `explain` inside of `flow` for clients that want it, taken out for the others; and
// one flow's on request.
import { Batch } from './batch.js';
import type { StreamClient } from './client.js';

const start = Buffer.from(',"explain":{');
const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** Lines without their `explain` objects; `lines` itself where there is none. */
export function withoutExplanations(lines: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  // It cannot stand inside of a string, where quotes have a backslash before them.
  for (let at = lines.indexOf(start); at >= 0; at = lines.indexOf(start, from)) {
    parts.push(lines.subarray(from, at));
    from = objectEnd(lines, at + start.length - 1);
  }
  if (parts.length === 0) return lines;
  parts.push(lines.subarray(from));
  return Buffer.concat(parts);
}

/** Behind the brace that closes the object which begins at `at`. */
function objectEnd(lines: Buffer, at: number): number {
  let depth = 0;
  let inString = false;
  for (; at < lines.length; at++) {
    const byte = lines[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === open) depth++;
    else if (byte === close && --depth === 0) return at + 1;
  }
  return lines.length;
}

/** The live flow with that digest as one line, with its `explain`; undefined when there is none. */
export type ExplanationSource = (
  digest: string,
  signal: AbortSignal,
) => Promise<Buffer | undefined>;

export interface ExplanationOptions {
  /** Why a live flow is its application; without it no flow is known. */
  readonly explain?: ExplanationSource | undefined;
  /** Called when published flows should have their `explain`, and when nobody wants it any more. */
  readonly wantsExplanations?: ((wanted: boolean) => void) | undefined;
}

/** One request a client at a time. */
export class Explanations {
  readonly #options: ExplanationOptions;
  readonly #sequence: () => number;
  readonly #working = new Map<StreamClient, AbortController>();
  #wanted = false;
  /** Lines that have theirs may come for a while after nobody wants them any more. */
  #everWanted = false;

  constructor(options: ExplanationOptions, sequence: () => number) {
    this.#options = options;
    this.#sequence = sequence;
  }

  /** After subscriptions have changed. */
  count(clients: Iterable<StreamClient>): void {
    let wanted = false;
    for (const { subscription } of clients) wanted ||= subscription?.explain === true;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#everWanted = true;
    this.#options.wantsExplanations?.(wanted);
  }

  /** Lines to be published, for who has not asked for explanations and for who has. */
  batches(lines: Buffer, seq: number): { readonly batch: Batch; readonly explained: Batch } {
    const plain = this.#everWanted ? withoutExplanations(lines) : lines;
    const batch = new Batch(plain, seq, 1);
    return { batch, explained: plain === lines ? batch : new Batch(lines, seq, 1) };
  }

  /** False when the client waits for one already. */
  request(client: StreamClient, digest: string): boolean {
    if (this.#working.has(client)) return false;
    const controller = new AbortController();
    this.#working.set(client, controller);
    void this.#explain(client, digest, controller.signal);
    return true;
  }

  forget(client: StreamClient): void {
    this.#working.get(client)?.abort();
    this.#working.delete(client);
  }

  async #explain(client: StreamClient, digest: string, signal: AbortSignal): Promise<void> {
    const unknown = {
      ...{ type: 'error', code: 'flow_unknown' },
      message: `no live flow that was announced has the digest ${digest}`,
    };
    let line: Buffer | object;
    try {
      line = (await this.#options.explain?.(digest, signal)) ?? unknown;
    } catch (error) {
      line = { type: 'error', code: 'explain_failed', message: (error as Error).message };
    }
    if (signal.aborted) return;
    this.#working.delete(client);
    const seq = this.#sequence();
    if (line instanceof Buffer) client.tellLine(line, seq);
    else client.tell(line, seq);
    client.flush();
  }
}
