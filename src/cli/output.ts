// Standard output of a command: whole chunks, in order, with backpressure, and the caller's buffer is free again when
// write() has resolved. Files and devices take the bytes at once (one system call, no copy, no stream). A pipe or a
// socket may have a slow reader, so there the event loop stays free for signals and timers while we wait.
import { fstatSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DipperError } from '../errors.js';

/** The reader has gone away (`| head`): not a failure, the command just ends. */
export class OutputClosed extends Error {}

export interface Output {
  write(data: Uint8Array | string): Promise<void>;
}

export function standardOutput(fd = 1): Output {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket() ? new StreamOutput() : new DirectOutput(fd);
}

class DirectOutput implements Output {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#fd, bytes, at);
      } catch (error) {
        // A terminal that another program has made non-blocking.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw outputError(error);
        await sleep(1);
      }
    }
  }
}

class StreamOutput implements Output {
  constructor() {
    // The write's own callback reports the error; without a listener the event would end the process.
    process.stdout.on('error', () => {});
  }

  write(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(data, (error) => (error ? reject(outputError(error)) : resolve()));
    });
  }
}

function outputError(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED') {
    return new OutputClosed();
  }
  const advice = code === 'ENOSPC' ? '; make room or write elsewhere' : '';
  return new DipperError('ERR_OUTPUT', `standard output: ${message}${advice}`, { cause: error });
}
