// Lines on their way to clients: numbered once, framed once for each framing, shared by every client. A line is
// parsed only for a client that filters by its fields, and then once for all of them.
import type { Framing } from './options.js';

const newline = 10;
const brace = 123;
const sequenceRoom = '{"seq":,'.length + String(Number.MAX_SAFE_INTEGER).length;
const headerRoom = '{"length": }\n'.length + 10;
const snapshotPrefix = Buffer.from('{"snapshot":');

/** Whole lines in `lines`. */
export function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(newline); at >= 0; at = lines.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** `lines` in parts of `size` bytes or little more, each of whole lines. */
export function* portions(lines: Buffer, size: number): Generator<Buffer, void, void> {
  let from = 0;
  while (lines.length - from > size) {
    const end = lines.indexOf(newline, from + size);
    if (end < 0) break;
    yield lines.subarray(from, end + 1);
    from = end + 1;
  }
  if (from < lines.length) yield lines.subarray(from);
}

interface Frames {
  readonly data: Buffer;
  /** Where each frame ends. */
  readonly ends: readonly number[];
}

export class Batch {
  /** What was not a JSON object and is left out. */
  readonly malformed: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly #lines: Frames;
  #netifyd: Frames | undefined;
  #messages: (object | null | undefined)[] | undefined;

  /**
   * `lines` are whole lines, each an object that begins with `type`, or with `snapshot`, which is left out. The
   * first gets the number `seq`, each further one `step` more. The memory of `lines` is not kept.
   */
  constructor(lines: Buffer, seq: number, step: 0 | 1, without?: string) {
    const room = lines.length + countLines(lines) * sequenceRoom + sequenceRoom + 1;
    const data = Buffer.allocUnsafe(room);
    const ends: number[] = [];
    let at = 0;
    let number = seq;
    let malformed = 0;
    for (let from = 0; from < lines.length; ) {
      const found = lines.indexOf(newline, from);
      const end = found < 0 ? lines.length : found;
      if (lines[from] !== brace || lines[end - 1] !== brace + 2) {
        if (end > from) malformed += 1;
      } else {
        const body = bodyStart(lines, from, end);
        if (without === undefined || typeAt(lines, body, end) !== without) {
          at += data.write(`{"seq":${number},`, at, 'latin1');
          at += lines.copy(data, at, body, end);
          data[at++] = newline;
          ends.push(at);
          number += step;
        }
      }
      from = end + 1;
    }
    this.malformed = malformed;
    this.firstSeq = seq;
    this.lastSeq = step === 0 ? seq : number - 1;
    this.#lines = { data: data.subarray(0, at), ends };
  }

  get count(): number {
    return this.#lines.ends.length;
  }

  /** The whole batch, for clients that take everything. */
  framed(framing: Framing): Buffer {
    return this.#frames(framing).data;
  }

  frame(framing: Framing, index: number): Buffer {
    const { data, ends } = this.#frames(framing);
    return data.subarray(index === 0 ? 0 : ends[index - 1], ends[index]);
  }

  /** The message's type, read from its first bytes. */
  type(index: number): string {
    const { data, ends } = this.#lines;
    const from = index === 0 ? 0 : (ends[index - 1] ?? 0);
    const end = ends[index] ?? from;
    return typeAt(data, data.indexOf(44, from) + 1, end);
  }

  /** The message as an object; `null` when the line is not JSON, which no filter matches. */
  message(index: number): object | null {
    this.#messages ??= new Array<object | null | undefined>(this.count);
    let message = this.#messages[index];
    if (message === undefined) {
      message = parse(this.frame('ndjson', index));
      this.#messages[index] = message;
    }
    return message;
  }

  #frames(framing: Framing): Frames {
    if (framing === 'ndjson') return this.#lines;
    this.#netifyd ??= withHeaders(this.#lines);
    return this.#netifyd;
  }
}

function withHeaders(lines: Frames): Frames {
  const data = Buffer.allocUnsafe(lines.data.length + lines.ends.length * headerRoom);
  const ends: number[] = [];
  let at = 0;
  let from = 0;
  for (const end of lines.ends) {
    at += data.write(`{"length": ${end - from}}\n`, at, 'latin1');
    at += lines.data.copy(data, at, from, end);
    ends.push(at);
    from = end;
  }
  return { data: data.subarray(0, at), ends };
}

/** Where the first member begins: after the brace, or after the member `snapshot`. */
function bodyStart(lines: Buffer, from: number, end: number): number {
  const first = from + snapshotPrefix.length;
  if (lines.compare(snapshotPrefix, 0, snapshotPrefix.length, from, Math.min(first, end)) !== 0) {
    return from + 1;
  }
  const comma = lines.indexOf(44, first);
  return comma < 0 || comma >= end ? from + 1 : comma + 1;
}

function parse(line: Buffer): object | null {
  try {
    return JSON.parse(line.toString('utf8')) as object;
  } catch {
    return null;
  }
}

const typePrefix = '"type":"';

/** The type of a line whose first member begins at `from`; empty when that member is another. */
function typeAt(lines: Buffer, from: number, end: number): string {
  const at = from + typePrefix.length;
  const close = lines.indexOf(34, at);
  if (close < 0 || close >= end || lines.toString('latin1', from, at) !== typePrefix) return '';
  return lines.toString('latin1', at, close);
}
