// One connected client: its queue, its bounds, the socket that it reads from. At most one write is under way, of at
// most `windowBytes`; all else waits in the queue, where it is counted and can be dropped.
import type { Socket } from 'node:net';
import { Batch } from './batch.js';
import type { Framing, StreamLimits } from './options.js';
import { type Gap, type Part, Queue } from './queue.js';
import type { Subscription } from './subscription.js';

const windowBytes = 256 * 1024;
const windowParts = 512;

export interface ClientCounters {
  messages_sent: number;
  bytes_sent: number;
  messages_dropped: number;
  bytes_dropped: number;
  requests: number;
  requests_refused: number;
}

export const noCounts = (): ClientCounters => ({
  messages_sent: 0,
  bytes_sent: 0,
  messages_dropped: 0,
  bytes_dropped: 0,
  requests: 0,
  requests_refused: 0,
});

/** A message as the one line of a batch: `type` first, whatever the order of the members was. */
export function messageLine(message: object): Buffer {
  const { type, ...members } = message as { type?: unknown };
  return Buffer.from(`${JSON.stringify({ type, ...members })}\n`);
}

export interface ClientOptions {
  readonly id: number;
  readonly socket: Socket;
  readonly peer: string;
  readonly listener: string;
  readonly framing: Framing;
  readonly limits: () => StreamLimits;
  /** ms of a monotonic clock. */
  readonly now: () => number;
  /** The client does not keep up; the policy is to disconnect it. */
  readonly onSlow: (client: StreamClient, why: string) => void;
}

export class StreamClient {
  readonly id: number;
  readonly socket: Socket;
  readonly peer: string;
  readonly listener: string;
  readonly framing: Framing;
  readonly since: number;
  readonly counters = noCounts();
  subscription: Subscription | undefined;
  readonly #options: ClientOptions;
  readonly #queue = new Queue();
  /** Of the write under way. */
  #writing: { bytes: number; live: number; since: number } | undefined;
  #lastAloneWrite = Number.NEGATIVE_INFINITY;
  #room: Promise<void> | undefined;
  #announceRoom: () => void = () => {};
  #ending = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.id = options.id;
    this.socket = options.socket;
    this.peer = options.peer;
    this.listener = options.listener;
    this.framing = options.framing;
    this.since = Date.now();
  }

  /** Bytes that wait here, also those that the socket has taken and not yet given to the kernel. */
  get backlog(): number {
    return this.#queue.liveBytes + this.#queue.aloneBytes + (this.#writing?.bytes ?? 0);
  }

  get gone(): boolean {
    return this.#ending || this.socket.destroyed;
  }

  /** Queues what of `batch` this client wants. Written by `flush`. */
  send(batch: Batch, alone = false): void {
    if (this.gone || batch.count === 0) return;
    const { subscription, framing } = this;
    const { data, count } =
      subscription === undefined || subscription.everything
        ? { data: batch.framed(framing), count: batch.count }
        : subscription.select(batch, framing);
    if (count > 0) this.#push(data, count, batch, alone);
  }

  /** Queues a message for this client alone, whatever it has subscribed to; `greeting` has more room. */
  tell(message: object, seq: number, greeting = false): void {
    this.tellLine(messageLine(message), seq, greeting);
  }

  /** The same with the message as a line. */
  tellLine(line: Buffer, seq: number, greeting = false): void {
    if (this.gone) return;
    const batch = new Batch(line, seq, 0);
    this.#push(batch.framed(this.framing), 1, batch, greeting);
  }

  /** Gives the socket as much as the window holds; goes on by itself until the queue is empty. */
  flush(): void {
    if (this.#writing !== undefined || this.socket.destroyed) return;
    const { socket } = this;
    const gap = this.#queue.takeGap();
    const parts = this.#queue.take(windowBytes, windowParts);
    if (gap !== undefined) parts.unshift(this.#gapPart(gap));
    if (parts.length === 0) {
      if (this.#ending && !socket.writableEnded) socket.end();
      return;
    }
    let [bytes, messages, live] = [0, 0, 0];
    socket.cork();
    for (const [index, part] of parts.entries()) {
      bytes += part.data.length;
      messages += part.messages;
      if (part.alone) this.#lastAloneWrite = this.#options.now();
      else live += part.data.length;
      if (index < parts.length - 1) socket.write(part.data);
      else socket.write(part.data, (error) => this.#written(error, messages, bytes));
    }
    this.#writing = { bytes, live, since: this.#options.now() };
    socket.uncork();
  }

  /** The rule of time; to be called now and then. */
  checkAge(): void {
    if (this.socket.destroyed) return;
    const { queueSeconds, slowPolicy } = this.#options.limits();
    const now = this.#options.now();
    const limit = queueSeconds * 1000;
    const stalled = this.#writing !== undefined && now - this.#writing.since > limit;
    // What a long snapshot holds up is not old by the client's fault, as long as it reads.
    const excused = this.#queue.aloneBytes > 0 || now - this.#lastAloneWrite < limit;
    const oldest = this.#queue.oldest;
    const old = oldest !== undefined && !excused && now - oldest.queuedAt > limit;
    if (!stalled && !old) return;
    if (slowPolicy === 'disconnect') {
      this.#options.onSlow(this, `messages for it are older than ${queueSeconds} s`);
    } else {
      this.#drop((part) => now - part.queuedAt > limit);
    }
  }

  /** Gives up what waits, by the policy. */
  shed(why: string): void {
    const { slowPolicy } = this.#options.limits();
    if (slowPolicy === 'disconnect') this.#options.onSlow(this, why);
    else {
      const half = this.backlog / 2;
      this.#drop(() => this.backlog > half);
    }
  }

  /** Whether more of a snapshot should come; the bound itself is far beyond. */
  get hasRoom(): boolean {
    return this.gone || this.#queue.aloneBytes < this.#options.limits().snapshotBytes / 4;
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    this.#room ??= new Promise((resolve) => {
      this.#announceRoom = resolve;
    });
    return this.#room;
  }

  /** Sends what waits, then ends. */
  end(): void {
    this.#ending = true;
    this.flush();
  }

  /** To be called when the socket has closed. */
  closed(): void {
    this.#ending = true;
    this.#writing = undefined;
    this.#queue.clear();
    this.#wakeRoom();
  }

  #push(data: Buffer, messages: number, { firstSeq, lastSeq }: Batch, alone: boolean): void {
    this.#queue.push({ data, messages, firstSeq, lastSeq, alone, queuedAt: this.#options.now() });
    const { queueBytes, snapshotBytes, slowPolicy } = this.#options.limits();
    const live = this.#queue.liveBytes + (this.#writing?.live ?? 0);
    if (live <= queueBytes && this.#queue.aloneBytes <= snapshotBytes) return;
    if (slowPolicy === 'disconnect') {
      const [what, bound] =
        live > queueBytes ? ['messages', queueBytes] : ['a snapshot', snapshotBytes];
      this.#options.onSlow(this, `more than ${bound} bytes of ${what} wait for it`);
      return;
    }
    // Down to half, so that the next message does not drop again.
    this.#drop(
      () => this.#queue.liveBytes > queueBytes / 2 || this.#queue.aloneBytes > snapshotBytes / 2,
    );
  }

  #drop(excess: Parameters<Queue['drop']>[0]): void {
    const { messages, bytes } = this.#queue.drop(excess);
    this.counters.messages_dropped += messages;
    this.counters.bytes_dropped += bytes;
    this.#wakeRoom();
  }

  #written(error: Error | null | undefined, messages: number, bytes: number): void {
    this.#writing = undefined;
    if (error) return; // the socket's own event ends the client
    this.counters.messages_sent += messages;
    this.counters.bytes_sent += bytes;
    this.#wakeRoom();
    this.flush();
  }

  #gapPart({ messages, bytes, firstSeq, lastSeq }: Gap): Part {
    const message = {
      type: 'dropped',
      count: messages,
      bytes,
      first_seq: firstSeq,
      last_seq: lastSeq,
    };
    const data = new Batch(messageLine(message), lastSeq, 0).framed(this.framing);
    return { data, messages: 1, firstSeq, lastSeq, alone: false, queuedAt: this.#options.now() };
  }

  #wakeRoom(): void {
    if (this.#room === undefined || !this.hasRoom) return;
    this.#room = undefined;
    this.#announceRoom();
  }
}
