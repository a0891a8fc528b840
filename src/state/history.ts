// Files of earlier intervals, compressed (RFC 1952), named by the time in UTC: `sink-request-20261122T201530.123Z.json.gz`.
// The newest N stay.
import { read } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { compactTime, type StateDirectory } from './directory.js';

/** Of zlib: twice as fast as the default 6, for a tenth more bytes. */
const level = 4;
const blockBytes = 64 * 1024;
const readAt = promisify(read);
const timePattern = '\\d{8}T\\d{6}\\.\\d{3}Z';

export class History {
  readonly #directory: StateDirectory;
  readonly #stem: string;
  readonly #suffix: string;
  readonly #keep: number;
  readonly #pattern: RegExp;

  constructor(directory: StateDirectory, stem: string, extension: string, keep: number) {
    this.#directory = directory;
    this.#stem = `${stem}-`;
    this.#suffix = `${extension}.gz`;
    this.#keep = keep;
    const [before, after] = [this.#stem, this.#suffix].map(literally);
    this.#pattern = new RegExp(`^${before}${timePattern}${after}$`);
  }

  /** Adds the content of the open file `descriptor`, removes the oldest. Throws the system's error. */
  async keep(descriptor: number, at: Date): Promise<void> {
    if (this.#keep === 0) return;
    const name = this.#name(at);
    await this.#directory.replace(name, async (file) => {
      await pipeline(bytesOf(descriptor), createGzip({ level }), async (packed) => {
        for await (const part of packed as AsyncIterable<Buffer>) await file.writeFile(part);
      });
    });
    await this.#removeOldest(name);
  }

  /** Removes what a crash kept from being removed. */
  async trim(at: Date): Promise<void> {
    if (this.#keep > 0) await this.#removeOldest(this.#name(at));
  }

  #name(at: Date): string {
    return `${this.#stem}${compactTime(at)}${this.#suffix}`;
  }

  /** Names from the future go first: the clock was set back, and they would push out all that is new. */
  async #removeOldest(newest: string): Promise<void> {
    const all = (await this.#directory.list()).filter((name) => this.#pattern.test(name));
    const future = all.filter((name) => name > newest);
    const inOrder = [...future, ...all.filter((name) => name <= newest)];
    for (const name of inOrder.slice(0, Math.max(0, inOrder.length - this.#keep)))
      await this.#directory.remove(name);
  }
}

/** A stream of fs would close the descriptor when the other end fails, whatever `autoClose` says. */
async function* bytesOf(descriptor: number): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; ; ) {
    const block = Buffer.allocUnsafe(blockBytes);
    const { bytesRead } = await readAt(descriptor, block, 0, blockBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
