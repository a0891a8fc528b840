// What a client wants to get: types of messages and an expression over their fields. The rest is not sent to it.
import { compile, type Matcher, parseExpression } from '../../match/index.js';
import { messages } from '../../messages/index.js';
import type { Batch } from './batch.js';
import type { Framing } from './options.js';
import type { Request } from './request.js';

type Subscribe = Extract<Request, { subscribe: unknown }>['subscribe'];

export class Subscription {
  readonly types: ReadonlySet<string> | undefined;
  readonly filter: string | undefined;
  readonly explain: boolean;
  readonly #matches: Matcher | undefined;

  /** Throws DipperError for a type or an expression that there is not. */
  constructor({ types, filter, explain = false }: Subscribe) {
    const unknown = types?.find((type) => !Object.hasOwn(messages, type));
    if (unknown !== undefined) throw new UnknownType(unknown);
    this.types = types === undefined ? undefined : new Set(types);
    this.filter = filter;
    this.explain = explain;
    this.#matches = filter === undefined ? undefined : compile(parseExpression(filter));
  }

  get everything(): boolean {
    return this.types === undefined && this.#matches === undefined;
  }

  /** The frames of `batch` that are wanted, in memory of their own, and how many. */
  select(batch: Batch, framing: Framing): { data: Buffer; count: number } {
    const frames: Buffer[] = [];
    let size = 0;
    for (let index = 0; index < batch.count; index += 1) {
      if (this.types !== undefined && !this.types.has(batch.type(index))) continue;
      if (this.#matches !== undefined) {
        const message = batch.message(index);
        if (message === null || !this.#matches(message)) continue;
      }
      const frame = batch.frame(framing, index);
      frames.push(frame);
      size += frame.length;
    }
    if (frames.length === batch.count) return { data: batch.framed(framing), count: batch.count };
    // Not a piece of the batch: that would hold all of it in memory for as long as the client is behind.
    const data = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (const frame of frames) at += frame.copy(data, at);
    return { data, count: frames.length };
  }
}

export class UnknownType extends Error {
  constructor(type: string) {
    super(`no message has the type "${type}"; there are ${Object.keys(messages).join(', ')}`);
  }
}
