// Bytes of a stream -> messages, whichever framing it has: netifyd's (a line {"length": N}, then N bytes, of which the
// last need not be a newline: netifyd 3 leaves it out after agent_status) or a message a line.
import { DipperError } from '../errors.js';

const newline = 10;
const header = /^\{ ?"length" ?: ?(\d{1,12}) ?\}\s*$/;
/** Longest message; a server that says more is none of ours. */
export const maxMessage = 64 * 2 ** 20;

export class FrameReader {
  #bytes = Buffer.alloc(64 * 1024);
  #start = 0;
  #end = 0;
  /** Where the search for a newline goes on. */
  #searched = 0;
  /** Bytes of the message that a header has announced. */
  #announced: number | undefined;

  /** The messages that `data` completes, without their newlines; valid until the next call. Throws DipperError. */
  read(data: Buffer): Buffer[] {
    this.#append(data);
    const found: Buffer[] = [];
    for (let part = this.#next(); part !== undefined; part = this.#next()) {
      if (part.length > 0) found.push(part);
    }
    return found;
  }

  /** Whether a message has begun and not ended. */
  get partial(): boolean {
    return this.#end > this.#start || this.#announced !== undefined;
  }

  /** A message, an empty part to pass over, or `undefined` when more bytes are needed. */
  #next(): Buffer | undefined {
    if (this.#announced !== undefined) {
      if (this.#end - this.#start < this.#announced) return undefined;
      const message = this.#take(this.#announced);
      this.#announced = undefined;
      return this.#checked(trimmed(message));
    }
    const end = this.#bytes.subarray(0, this.#end).indexOf(newline, this.#searched);
    if (end < 0) {
      this.#searched = this.#end;
      if (this.#end - this.#start > maxMessage) throw notAStream('a line has no end');
      return undefined;
    }
    const line = this.#take(end + 1 - this.#start);
    const length = line.length < 40 ? header.exec(line.toString('latin1'))?.[1] : undefined;
    if (length === undefined) return this.#checked(trimmed(line));
    this.#announced = Number(length);
    if (this.#announced > maxMessage) throw notAStream(`it announces ${length} bytes`);
    return line.subarray(0, 0);
  }

  #take(size: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + size);
    this.#start += size;
    this.#searched = this.#start;
    return taken;
  }

  #checked(message: Buffer): Buffer {
    if (message.length === 0 || message[0] === 0x7b) return message;
    throw notAStream(`it says ${JSON.stringify(message.toString('latin1', 0, 40))}`);
  }

  #append(data: Buffer): void {
    const size = this.#end - this.#start;
    if (this.#end + data.length > this.#bytes.length) {
      const room = size + data.length;
      // New memory, or the same from its beginning: messages given out before are no longer valid.
      const to =
        room > this.#bytes.length
          ? Buffer.allocUnsafe(Math.max(room, 2 * this.#bytes.length))
          : this.#bytes;
      this.#bytes.copy(to, 0, this.#start, this.#end);
      this.#bytes = to;
      this.#searched -= this.#start;
      this.#start = 0;
      this.#end = size;
    }
    data.copy(this.#bytes, this.#end);
    this.#end += data.length;
  }
}

function trimmed(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && (line[end - 1] === newline || line[end - 1] === 13)) end -= 1;
  return line.subarray(0, end);
}

const notAStream = (why: string): DipperError =>
  new DipperError('ERR_STREAM_FORMAT', `what answers there is no stream of messages: ${why}`);
