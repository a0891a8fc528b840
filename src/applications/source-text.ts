// A definition file as lines: bounded, and a line that is no text costs itself only.
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Largest file that is read: some million rules. */
export const largestFile = 64 << 20;

/** Longest line, in characters. A rule is below 300. */
export const longestLine = 4096;

/** The text of a line, without blanks at its ends; or why it cannot be used. */
export type Line = string | { readonly problem: string };

/** The bytes of `path`. Throws an Error whose message says in people's words why not. */
export async function readSource(path: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(stat.isDirectory() ? 'is a folder' : 'is not a file');
    if (stat.size > largestFile) throw new Error(`is larger than ${largestFile >> 20} MiB`);
    return await handle.readFile();
  } catch (error) {
    throw new Error(reason(error as NodeJS.ErrnoException), { cause: error });
  } finally {
    await handle?.close();
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return message;
}

/** Every line with its text, in order; the first has number 1. CRLF and a byte order mark are no part of it. */
export function* lines(bytes: Buffer): Generator<Line> {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const clean = isUtf8(bytes) && bytes.indexOf(0) < 0;
  if (!clean) {
    for (let at = start; at < bytes.length; ) {
      const end = bytes.indexOf(10, at);
      const line = bytes.subarray(at, end < 0 ? bytes.length : end);
      at += line.length + 1;
      if (line.includes(0)) yield { problem: 'a NUL byte: this is not text' };
      else if (!isUtf8(line)) yield { problem: 'not UTF-8; save the file in that encoding' };
      else yield checked(line.toString('utf8'));
    }
    return;
  }
  const text = bytes.toString('utf8', start);
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    yield checked(text.slice(at, end));
    at = end + 1;
  }
}

function checked(line: string): Line {
  if (line.length > longestLine) return { problem: `longer than ${longestLine} characters` };
  return line.trim();
}
