// The names that an agent goes by, in netifyd's forms: its own UUID (`XX-XX-XX-XX`, digits and capitals without O),
// and serial number and site UUID, which others write.
import { randomInt } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { fileError } from '../errors.js';
import type { Log } from '../log.js';
import { readBounded } from './bounded-read.js';
import { StateDirectory } from './directory.js';

const alphabet = '0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ';
const form = /^[0-9A-Z]{2}(-[0-9A-Z]{2}){3}$/;

/** No UUID. */
export const nullUuid = '00-00-00-00';
/** No serial number, no site. */
export const nullName = '-';
/** Longest file of a name that is read, in bytes. */
const longest = 256;

/** A new one: 35^8 values, 41 bits. */
export function generateUuid(): string {
  const letters = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]);
  return letters.join('').replace(/..(?=.)/g, '$&-');
}

export function isUuid(text: string): boolean {
  return form.test(text);
}

export interface UuidOptions {
  /** From `-u` or the configuration; wins unless it is `00-00-00-00`. */
  readonly given?: string | undefined;
  /** `path_uuid`. */
  readonly path: string;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly log: Log;
}

/**
 * The agent's UUID: as given, else from the file, else a new one that is written there. Where it cannot be written it
 * holds for this run, and that is said. Throws DipperError when the folder is not safe.
 */
export async function agentUuid({ given, path, owner, log }: UuidOptions): Promise<string> {
  if (given !== undefined && given !== nullUuid) return given;
  const name = basename(path);
  const existing = await readName(path);
  if (existing !== undefined && isUuid(existing) && existing !== nullUuid) return existing;
  const uuid = generateUuid();
  const directory = await StateDirectory.open(
    dirname(path),
    owner === undefined ? { log } : { log, owner },
  );
  try {
    if (existing !== undefined && existing !== nullUuid && existing !== '')
      await directory.setAside(name, 'is no agent UUID');
    // The first to ask names the agent, also when the daemon and `dipperd -p` start together.
    const exclusive = existing === undefined || !['', nullUuid].includes(existing);
    await directory.write(name, `${uuid}\n`, { mode: 0o644, exclusive });
    return uuid;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return (await readName(path)) ?? uuid;
    log.warn({ file: path, err: error, uuid }, 'agent UUID not written; it holds for this run');
    return uuid;
  }
}

/** A serial number or site UUID: as given, else from the file, else `-`. Throws DipperError when it cannot be read. */
export async function nameFrom(path: string, given?: string): Promise<string> {
  if (given !== undefined && given !== nullName && given !== '') return given;
  return (await readName(path)) || nullName;
}

/** The first line of a small file, undefined without one. */
async function readName(path: string): Promise<string | undefined> {
  try {
    const bytes = await readBounded(path, { limit: longest, beginning: true, follow: true });
    const line = bytes?.toString('utf8').split('\n')[0];
    return line === undefined ? undefined : line.replace(/[^!-~]/g, '');
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === 'ENOTDIR') return undefined;
    throw fileError(path, cause);
  }
}
