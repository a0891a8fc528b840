// Appends to a file from a caller that does not wait. Blocks go to the disk behind its back; when more than a few
// megabytes are on their way the caller's own thread writes, so that memory has a bound whatever the disk does.
import { read, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const blockBytes = 256 * 1024;
const mostUnderWay = 8 * 1024 * 1024;
const readAt = promisify(read);
const writeAt = promisify(write);

export class Appender {
  readonly #descriptor: number;
  #block: Buffer | undefined;
  #used = 0;
  /** Where in the file the present block will stand. */
  #at = 0;
  readonly #underWay = new Set<Promise<void>>();
  #bytesUnderWay = 0;
  #error: unknown;

  /** `descriptor`: of an empty file, open for reading and writing, which stays the caller's to close. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Bytes appended so far. */
  get length(): number {
    return this.#at + this.#used;
  }

  /** Copies `data`. What goes wrong is thrown by settle(). */
  append(data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    for (let from = 0; from < bytes.length; ) {
      this.#block ??= Buffer.allocUnsafeSlow(blockBytes);
      const part = bytes.subarray(from, from + blockBytes - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      from += part.length;
      if (this.#used === blockBytes) this.#send();
    }
  }

  /** Resolves when everything is in the file; throws what went wrong. */
  async settle(): Promise<void> {
    if (this.#used > 0) this.#send();
    await Promise.all(this.#underWay);
    if (this.#error !== undefined) throw this.#error;
  }

  /** Appends what this file holds from byte `skip` on to `other`, at the pace of the disk. */
  async copyTo(other: Appender, skip = 0): Promise<void> {
    await this.settle();
    const block = Buffer.allocUnsafe(blockBytes);
    for (let at = skip; at < this.#at; ) {
      const { bytesRead } = await readAt(this.#descriptor, block, 0, blockBytes, at);
      if (bytesRead === 0) throw new Error('a file of data on its way has become shorter');
      other.append(block.subarray(0, bytesRead));
      await other.#pace();
      at += bytesRead;
    }
  }

  async #pace(): Promise<void> {
    if (this.#bytesUnderWay > mostUnderWay / 2) await Promise.all(this.#underWay);
  }

  #send(): void {
    const block = this.#block ?? Buffer.alloc(0);
    const bytes = block.subarray(0, this.#used);
    const at = this.#at;
    this.#at += bytes.length;
    this.#used = 0;
    if (this.#error !== undefined) return; // the block is used again
    if (this.#bytesUnderWay >= mostUnderWay) {
      try {
        for (let done = 0; done < bytes.length; )
          done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
      } catch (error) {
        this.#error ??= error;
      }
      return;
    }
    this.#block = undefined;
    this.#bytesUnderWay += bytes.length;
    const writing = this.#write(bytes, at)
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => {
        this.#bytesUnderWay -= bytes.length;
        this.#underWay.delete(writing);
      });
    this.#underWay.add(writing);
  }

  async #write(bytes: Buffer, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await writeAt(
        this.#descriptor,
        bytes,
        done,
        bytes.length - done,
        at + done,
      );
      done += bytesWritten;
    }
  }
}
