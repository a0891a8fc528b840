// A configuration file -> its entries, each with its line. The lines, sections and indices are ours (npm's `ini` gives
// no places, splits `[capture-interface-eth0.100]` at the dot, and takes the last of two equal keys in silence);
// values are decoded by `ini`: quotes, escapes, comments. Nothing is thrown: what is wrong is collected.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { unsafe } from 'ini';
import type { Problem } from './problems.js';

/** Largest file that is read. */
export const largestFile = 1 << 20;

/** After so many problems the rest is not read: this is another kind of file. */
const mostProblems = 100;

export interface IniEntry {
  /** In lower case, `_` written as `-`; the name of an interface keeps its letters. */
  readonly section: string;
  /** In lower case. */
  readonly key: string;
  /** For `key[3]`; `next` for `key[]`. */
  readonly index?: number | 'next';
  readonly text: string;
  readonly line: number;
}

export interface IniFile {
  readonly path: string;
  readonly entries: readonly IniEntry[];
  /** Every section header, also of empty sections. */
  readonly sections: readonly { readonly name: string; readonly line: number }[];
  readonly problems: readonly Problem[];
}

/** Reads and parses `path`. A file that cannot be read is a problem with line 0. */
export function readIniFile(path: string): IniFile {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const origin = { kind: 'file', path, line: 0 } as const;
    return { path, entries: [], sections: [], problems: [{ origin, message: reason(error) }] };
  }
  return parseIni(path, bytes);
}

export function parseIni(path: string, bytes: Uint8Array): IniFile {
  const problems: Problem[] = [];
  const report = (line: number, message: string) =>
    problems.push({ origin: { kind: 'file', path, line }, message });
  const entries: IniEntry[] = [];
  const sections: { name: string; line: number }[] = [];
  const done = () => ({ path, entries, sections, problems });

  if (bytes.length > largestFile) {
    report(
      0,
      `larger than ${largestFile} bytes; a configuration is some kilobytes: check the path`,
    );
    return done();
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    report(lineAt(bytes, nul), 'a NUL byte: this is not a text file; check the path');
    return done();
  }

  let section = '';
  let known = true;
  for (const [number, text] of textLines(bytes).entries()) {
    const line = number + 1;
    if (text === '') continue;
    if (text === undefined) {
      report(line, 'not UTF-8; save the file in that encoding');
      continue;
    }
    if (problems.length >= mostProblems) {
      report(line, `${mostProblems} problems so far, the rest is not read; check the path`);
      break;
    }
    const content = text.trim();
    if (content === '' || /^[;#]/.test(content)) continue;
    if (hasControl(content)) {
      report(line, 'a control character in the line; remove it');
      continue;
    }
    if (content.startsWith('[')) {
      const match = /^\[\s*([^\][]+?)\s*\]\s*([;#].*)?$/.exec(content);
      known = match !== null;
      if (match === null) report(line, `${quote(content)} is no section; write [name]`);
      else {
        section = sectionName(match[1] as string);
        sections.push({ name: section, line });
      }
      continue;
    }
    if (!known) continue; // the header was reported; its keys would only repeat that
    const match = /^([^=:[\]\s]+)\s*(\[\s*(\d{0,4})\s*\])?\s*[=:](.*)$/.exec(content);
    if (match === null) {
      report(line, `${quote(content)} is neither [section] nor key = value`);
      continue;
    }
    const [, key, brackets, digits, rest = ''] = match;
    if (section === '') {
      report(
        line,
        `${quote(key as string)} stands before the first section; write [dipperd] above`,
      );
      continue;
    }
    const value = decodeValue(rest);
    if (typeof value !== 'string') {
      report(line, `${key}: ${value.problem}`);
      continue;
    }
    entries.push({
      section,
      key: (key as string).toLowerCase(),
      ...(brackets === undefined ? {} : { index: digits === '' ? 'next' : Number(digits) }),
      text: value,
      line,
    });
  }
  return done();
}

/** `Capture_Interface_Eth0` keeps `Eth0`; every other name is lower case with `-`. */
export function sectionName(written: string): string {
  const match = /^capture[-_]interface[-_](.+)$/i.exec(written);
  if (match !== null) return `capture-interface-${match[1]}`;
  return written.toLowerCase().replaceAll('_', '-');
}

/** The value behind `=`. Comments begin with `;` or `#` after a blank; elsewhere these need quotes or a `\`. */
function decodeValue(rest: string): string | { problem: string } {
  const text = rest.trim();
  if (text.startsWith('"') || text.startsWith("'")) return decodeQuoted(text);
  const mark = /(?<!\\)[;#]/.exec(text);
  if (mark !== null && mark.index > 0 && !/\s/.test(text[mark.index - 1] as string)) {
    return {
      problem: `a ${mark[0]} inside a value would begin a comment; put the value in "quotes"`,
    };
  }
  return String(unsafe(text));
}

function decodeQuoted(text: string): string | { problem: string } {
  const sign = text[0] as string;
  const match = (
    sign === '"' ? /^("(?:[^"\\]|\\.)*")\s*([;#].*)?$/ : /^('[^']*')\s*([;#].*)?$/
  ).exec(text);
  if (match === null)
    return { problem: `the ${sign} of the value is not closed, or text follows it` };
  const quoted = match[1] as string;
  if (sign === "'") return quoted.slice(1, -1); // `ini` would read JSON in single quotes
  const value = unsafe(quoted);
  // What `ini` cannot read as a JSON string it returns with its quotes on.
  if (typeof value !== 'string' || value === quoted)
    return { problem: `in double quotes a \\ is written \\\\; or use 'single quotes'` };
  return value;
}

function readBounded(path: string): Buffer {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (!stat.isFile() && !stat.isCharacterDevice())
      throw Object.assign(new Error(), { code: 'ENOTFILE' });
    const buffer = Buffer.alloc(largestFile + 1);
    let size = 0;
    while (size < buffer.length) {
      const count = readSync(fd, buffer, size, buffer.length - size, null);
      if (count === 0) break;
      size += count;
    }
    return buffer.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such file; check the path, or make one: dipper config sample';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; let the user of the daemon read it';
    case 'EISDIR':
      return 'is a folder; name the file in it';
    case 'ENOTFILE':
      return 'is not a file; name a file';
    default:
      return message;
  }
}

/** The lines; undefined where one is not UTF-8. A byte order mark is no part of the first. */
function textLines(bytes: Uint8Array): (string | undefined)[] {
  const whole = decode(bytes);
  if (whole !== undefined) return whole.split('\n');
  const lines: (string | undefined)[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const end = bytes.indexOf(10, start);
    lines.push(decode(bytes.subarray(start, end < 0 ? bytes.length : end)));
    start = end < 0 ? bytes.length + 1 : end + 1;
  }
  return lines;
}

const strict = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function lineAt(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 10) line++;
  return line;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 32 && code !== 9) || (code >= 127 && code < 160)) return true;
  }
  return false;
}

const quote = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
