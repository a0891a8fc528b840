// Files that only Dipper reads: a header that says what they are and whether they are whole, then opaque bytes. All
// numbers are little-endian.
//
//   0  8  magic "DIPPERST"        24  8  length of the content, bytes
//   8  8  kind, text, NUL-padded  32  8  written at, ms since 1970
//  16  4  version of the header   40 32  SHA-256 of the 40 bytes above and the content
//  20  4  version of the content  72  -  content
import { createHash } from 'node:crypto';
import type { Log } from '../log.js';
import type { StateDirectory, WriteOptions } from './directory.js';

const magic = Buffer.from('DIPPERST', 'latin1');
const headerVersion = 1;
const headerBytes = 72;

export interface SealedKind {
  /** 1 to 8 letters: which content this is. */
  readonly kind: string;
  /** Of the content. Older ones are handed out too, newer ones are not. */
  readonly version: number;
  /** Most bytes of content. */
  readonly limit: number;
}

export interface Sealed {
  readonly content: Buffer;
  readonly version: number;
  /** ms since 1970. */
  readonly writtenAt: number;
}

export function seal(
  { kind, version }: SealedKind,
  content: Uint8Array,
  writtenAt: number,
): Uint8Array[] {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header, 0);
  header.write(kind, 8, 8, 'latin1');
  header.writeUInt32LE(headerVersion, 16);
  header.writeUInt32LE(version, 20);
  header.writeBigUInt64LE(BigInt(content.length), 24);
  header.writeBigUInt64LE(BigInt(Math.max(0, Math.trunc(writtenAt))), 32);
  checksum(header, content).copy(header, 40);
  return [header, content];
}

/** What `bytes` holds. Throws an Error whose message says what is wrong with them. */
export function unseal({ kind, version, limit }: SealedKind, bytes: Buffer): Sealed {
  if (bytes.length < headerBytes) throw new Error(`ends after ${bytes.length} bytes`);
  if (!bytes.subarray(0, 8).equals(magic)) throw new Error('is not a state file of dipperd');
  const own = bytes.toString('latin1', 8, 16).replace(/\0+$/, '');
  if (own !== kind) throw new Error(`is of kind ${JSON.stringify(own)}, not ${kind}`);
  const [layout, contentVersion] = [bytes.readUInt32LE(16), bytes.readUInt32LE(20)];
  if (layout > headerVersion || contentVersion > version)
    throw new Error(`was written by a newer dipperd (version ${layout}.${contentVersion})`);
  const length = bytes.readBigUInt64LE(24);
  const content = bytes.subarray(headerBytes);
  if (length !== BigInt(content.length) || content.length > limit)
    throw new Error(`has ${content.length} bytes of content where ${length} were written`);
  if (!checksum(bytes, content).equals(bytes.subarray(40, headerBytes)))
    throw new Error('has another checksum than it was written with');
  return { content, version: contentVersion, writtenAt: Number(bytes.readBigUInt64LE(32)) };
}

export async function writeSealed(
  directory: StateDirectory,
  name: string,
  kind: SealedKind,
  content: Uint8Array,
  options: WriteOptions & { writtenAt?: number } = {},
): Promise<void> {
  const parts = seal(kind, content, options.writtenAt ?? Date.now());
  const write = async (file: { writeFile(data: Uint8Array): Promise<void> }) => {
    for (const part of parts) await file.writeFile(part);
  };
  await directory.replace(name, write, options);
}

/** The content of NAME; undefined when there is none, or none that can be trusted: that one is set aside and said. */
export async function readSealed(
  directory: StateDirectory,
  name: string,
  kind: SealedKind,
  log: Log,
): Promise<Sealed | undefined> {
  try {
    const bytes = await directory.read(name, kind.limit + headerBytes);
    return bytes && unseal(kind, bytes);
  } catch (error) {
    const { message: reason, code } = error as NodeJS.ErrnoException;
    try {
      // What the system refuses (no descriptors, a bad disk) says nothing about the file.
      if (code !== undefined) throw error;
      await directory.setAside(name, reason);
    } catch (cause) {
      log.warn(
        { file: name, reason, err: cause },
        'state file cannot be used and stays where it is',
      );
    }
    return undefined;
  }
}

function checksum(header: Buffer, content: Uint8Array): Buffer {
  return createHash('sha256').update(header.subarray(0, 40)).update(content).digest();
}
