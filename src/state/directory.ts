// A folder for the daemon's files. Every file in it is replaced whole: a temporary file beside it, fsync, rename, fsync
// of the folder, so that a reader or the next start finds the old bytes or the new ones and never half of either
// (rename(2), fsync(2)). Links are not followed; a folder that others could write to is refused.
import { randomBytes } from 'node:crypto';
import { constants, openSync, unlinkSync } from 'node:fs';
import {
  access,
  chown,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';
import { readBounded } from './bounded-read.js';

export interface DirectoryOptions {
  readonly log: Log;
  /** Who works in it, when that is not the user of this process: the daemon before it gives up root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Any owner and mode will do: a place that the user named for data to take away, such as a USB stick. */
  readonly shared?: boolean;
}

export interface WriteOptions {
  /** Default 0640. */
  readonly mode?: number;
  /** Whether the bytes are on the disk before the name points to them (default true). */
  readonly durable?: boolean;
  /** Fail with EEXIST instead of replacing a file. */
  readonly exclusive?: boolean;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const temporaryName = /^\.dipperd-(\d+)-([0-9a-f]{8})-\d+-.+\.tmp$/;
/** Tells the temporaries of this process from those of an earlier one with the same id. */
const thisRun = randomBytes(4).toString('hex');
let temporaries = 0;
const code = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

export class StateDirectory {
  readonly path: string;
  readonly #options: DirectoryOptions;
  /** One writer a name at a time, so that the last to ask is the last to rename. */
  readonly #busy = new Map<string, Promise<unknown>>();

  private constructor(path: string, options: DirectoryOptions) {
    this.path = path;
    this.#options = options;
  }

  /** Makes the folder (0750) where it is missing, checks it, removes what a crash left. Throws DipperError. */
  static async open(path: string, options: DirectoryOptions): Promise<StateDirectory> {
    const directory = new StateDirectory(path, options);
    await directory.#prepare();
    await directory.#removeLeftovers();
    return directory;
  }

  /** Replaces NAME by `content`, whole or not at all. Throws the system's error. */
  write(name: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
    return this.replace(name, (file) => file.writeFile(content), options);
  }

  /** The same for a content that `fill` writes into an empty file, opened for reading and writing. */
  replace(
    name: string,
    fill: (file: FileHandle) => Promise<void>,
    options: WriteOptions = {},
  ): Promise<void> {
    checkName(name);
    const before = this.#busy.get(name) ?? Promise.resolve();
    const done = before.catch(() => {}).then(() => this.#replace(name, fill, options));
    this.#busy.set(name, done);
    const forget = () => {
      if (this.#busy.get(name) === done) this.#busy.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  /** The descriptor of a file without a name, for data on its way: gone when closed, however the process ends. */
  anonymous(): number {
    const path = this.#temporaryPath('spool');
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    unlinkSync(path);
    return descriptor;
  }

  /** NAME's bytes, undefined without such a file. Throws when it is no plain file of ours or longer than `limit`. */
  read(name: string, limit: number): Promise<Buffer | undefined> {
    checkName(name);
    const owners = this.#options.shared ? {} : { owners: this.#owners() };
    return readBounded(join(this.path, name), { limit, ...owners });
  }

  async remove(name: string): Promise<void> {
    checkName(name);
    await this.#busy.get(name)?.catch(() => {});
    await unlink(join(this.path, name)).catch(ignore('ENOENT'));
  }

  /** Moves NAME out of the way; keeps the newest `keep` of what was moved before. Says so. */
  async setAside(name: string, reason: string, at = new Date(), keep = 3): Promise<string> {
    checkName(name);
    const aside = `${name}.damaged-${compactTime(at)}`;
    await rename(join(this.path, name), join(this.path, aside));
    this.#options.log.warn({ file: join(this.path, name), reason, aside }, 'state file set aside');
    const earlier = (await this.list()).filter(
      (other) => other.startsWith(`${name}.damaged-`) && other !== aside,
    );
    for (const gone of earlier.slice(0, Math.max(0, earlier.length + 1 - keep)))
      await unlink(join(this.path, gone)).catch(ignore('ENOENT'));
    return aside;
  }

  /** Names in the folder, sorted, without temporaries. */
  async list(): Promise<string[]> {
    const names = await readdir(this.path);
    return names.filter((name) => !name.startsWith('.')).sort();
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
  }

  async #replace(
    name: string,
    fill: (file: FileHandle) => Promise<void>,
    { mode = 0o640, durable = true, exclusive = false }: WriteOptions,
  ): Promise<void> {
    const { path, file } = await this.#temporary(name);
    const target = join(this.path, name);
    let placed = false;
    try {
      try {
        await fill(file);
        // FAT has no modes and no owners.
        await file.chmod(mode).catch(ignore('EPERM', 'ENOTSUP'));
        const { owner } = this.#options;
        if (owner) await file.chown(owner.uid, owner.gid).catch(ignore('EPERM', 'ENOTSUP'));
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      if (exclusive) await link(path, target);
      else {
        await rename(path, target);
        placed = true;
      }
    } finally {
      if (!placed) await unlink(path).catch(ignore('ENOENT'));
    }
    if (durable) await this.#sync();
  }

  async #temporary(name: string): Promise<{ path: string; file: FileHandle }> {
    const path = this.#temporaryPath(name);
    const make = () => open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      return { path, file: await make() };
    } catch (error) {
      if (code(error) !== 'ENOENT') throw error;
      await this.#prepare(); // somebody tidied up /run
      return { path, file: await make() };
    }
  }

  #temporaryPath(name: string): string {
    temporaries += 1;
    return join(this.path, `.dipperd-${process.pid}-${thisRun}-${temporaries}-${name}.tmp`);
  }

  async #sync(): Promise<void> {
    const folder = await open(this.path, O_RDONLY | O_DIRECTORY);
    try {
      await folder.sync().catch(ignore('EINVAL', 'ENOTSUP'));
    } finally {
      await folder.close();
    }
  }

  #owners(): number[] {
    return [process.geteuid?.() ?? 0, this.#options.owner?.uid ?? 0, 0];
  }

  async #prepare(): Promise<void> {
    const { owner, shared } = this.#options;
    try {
      const made = await mkdir(this.path, { recursive: true, mode: 0o750 });
      if (made !== undefined && owner) await chown(this.path, owner.uid, owner.gid);
      const real = await realpath(this.path);
      const about = await stat(real);
      if (!shared) {
        const problem = unsafe(about, this.#owners());
        if (problem) throw new DipperError('ERR_STATE_UNSAFE', `${real}: ${problem}`);
      }
      await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      if (cause instanceof DipperError) throw cause;
      throw directoryError(this.path, cause as NodeJS.ErrnoException);
    }
  }

  /** Temporaries of processes that are gone. In a container every run may have the same process id. */
  async #removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.path)) {
      const [, pid, run] = temporaryName.exec(name) ?? [];
      if (pid === undefined || run === thisRun) continue;
      if (Number(pid) !== process.pid && alive(Number(pid))) continue;
      await unlink(join(this.path, name)).catch(ignore('ENOENT'));
      this.#options.log.debug({ file: name }, 'temporary file of an earlier run removed');
    }
  }
}

/** `20261122T201530.123Z`: sorts by time, and has no character that FAT refuses. */
export function compactTime(at: Date): string {
  return at.toISOString().replace(/[-:]/g, '');
}

/** Whether a process has this id (kill(2) with signal 0); EPERM says that one has. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return code(error) === 'EPERM';
  }
}

function unsafe(about: { uid: number; mode: number }, owners: number[]): string | undefined {
  if (!owners.includes(about.uid))
    return `belongs to user ${about.uid}, who could change what dipperd keeps there; chown it, or choose another folder`;
  const open = (about.mode & 0o022) !== 0 && (about.mode & 0o1000) === 0;
  return open
    ? `others may write to it (mode ${(about.mode & 0o7777).toString(8).padStart(4, '0')}); chmod go-w, or choose another folder`
    : undefined;
}

function directoryError(path: string, cause: NodeJS.ErrnoException): DipperError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM')
    return new DipperError(
      'ERR_PERMISSION',
      `${path}: dipperd may not work in this folder; chown it to its user, or choose another one`,
      { cause },
    );
  return new DipperError(
    'ERR_STATE',
    `${path}: cannot be used as a folder for state: ${cause.message}; choose another one`,
    { cause },
  );
}

function checkName(name: string): void {
  if (name.includes('/') || name.includes('\0') || name.startsWith('.') || name === '')
    throw new DipperError('ERR_INTERNAL', `no file of the state is called ${JSON.stringify(name)}`);
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(code(error))) throw error;
  };
}
