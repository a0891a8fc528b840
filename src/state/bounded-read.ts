// Reads a file that may be anything: a link, a FIFO, a device, somebody else's, endless.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export interface ReadLimits {
  /** Most bytes. */
  readonly limit: number;
  /** Whether a longer file is an error (default) or its beginning will do. */
  readonly beginning?: boolean;
  /** Whether a link is followed (default no: ELOOP). */
  readonly follow?: boolean;
  /** Users that may own it (default: anybody). */
  readonly owners?: readonly number[];
}

/** The bytes at `path`, undefined when nothing is there. Throws the system's error, or one that says what is wrong. */
export async function readBounded(path: string, limits: ReadLimits): Promise<Buffer | undefined> {
  let file: FileHandle;
  try {
    // O_NONBLOCK: a FIFO without a writer must not hold anybody up.
    file = await open(path, O_RDONLY | O_NONBLOCK | (limits.follow ? 0 : O_NOFOLLOW));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new Error('is not a plain file');
    if (limits.owners?.includes(about.uid) === false)
      throw new Error(`belongs to user ${about.uid}`);
    if (about.size > limits.limit && !limits.beginning)
      throw new Error(`has ${about.size} bytes; at most ${limits.limit} are read`);
    return await readUpTo(file, Math.min(about.size, limits.limit));
  } finally {
    await file.close();
  }
}

async function readUpTo(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
