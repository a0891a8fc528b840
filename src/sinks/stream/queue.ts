// What waits for one client: parts of frames in order, with a bound in bytes. Dropping takes the oldest and leaves a
// record of what is gone, which the next reader of the queue gets first.

export interface Part {
  readonly data: Buffer;
  readonly messages: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** ms of a monotonic clock. */
  readonly queuedAt: number;
  /** Greeting and snapshot: they come all at once, and have a bound of their own. */
  readonly alone: boolean;
}

export interface Gap {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** What a part costs beside its data: so many tiny ones cannot grow past the bound. */
const partOverhead = 256;

const cost = (part: Part): number => part.data.length + partOverhead;

export class Queue {
  #parts: (Part | undefined)[] = [];
  #head = 0;
  #live = 0;
  #alone = 0;
  #gap: Gap | undefined;

  get length(): number {
    return this.#parts.length - this.#head;
  }

  /** Bytes of published messages and of answers that wait. */
  get liveBytes(): number {
    return this.#live;
  }

  /** Bytes of greeting and snapshot that wait. */
  get aloneBytes(): number {
    return this.#alone;
  }

  get oldest(): Part | undefined {
    return this.#parts[this.#head];
  }

  push(part: Part): void {
    this.#parts.push(part);
    this.#account(part, 1);
  }

  /** What was dropped in front of the oldest part; asked for, it is forgotten. */
  takeGap(): Gap | undefined {
    const gap = this.#gap;
    this.#gap = undefined;
    return gap;
  }

  /** The oldest parts up to `bytes`, at least one, at most `count`. */
  take(bytes: number, count: number): Part[] {
    const taken: Part[] = [];
    let sum = 0;
    while (taken.length < count) {
      const part = this.#parts[this.#head];
      if (part === undefined || (taken.length > 0 && sum + part.data.length > bytes)) break;
      taken.push(part);
      sum += part.data.length;
      this.#shift(part);
    }
    return taken;
  }

  /** Drops the oldest part for as long as `excess` says so. What went. */
  drop(excess: (oldest: Part) => boolean): { messages: number; bytes: number } {
    let [messages, bytes] = [0, 0];
    for (let part = this.oldest; part !== undefined && excess(part); part = this.oldest) {
      this.#shift(part);
      messages += part.messages;
      bytes += part.data.length;
      this.#gap = {
        messages: (this.#gap?.messages ?? 0) + part.messages,
        bytes: (this.#gap?.bytes ?? 0) + part.data.length,
        firstSeq: this.#gap?.firstSeq ?? part.firstSeq,
        lastSeq: part.lastSeq,
      };
    }
    return { messages, bytes };
  }

  clear(): void {
    this.#parts = [];
    this.#head = 0;
    this.#live = 0;
    this.#alone = 0;
  }

  #shift(part: Part): void {
    this.#parts[this.#head] = undefined; // the memory is free now, not when the array is made anew
    this.#head += 1;
    this.#account(part, -1);
    if (this.#head === this.#parts.length || this.#head > 1024) {
      this.#parts = this.#parts.slice(this.#head);
      this.#head = 0;
    }
  }

  #account(part: Part, sign: 1 | -1): void {
    if (part.alone) this.#alone += sign * cost(part);
    else this.#live += sign * cost(part);
  }
}
