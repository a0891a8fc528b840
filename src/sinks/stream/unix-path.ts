// Paths of Unix sockets: whether one may be taken, and who may connect to it.
import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { DipperError } from '../../errors.js';
import { refuse, type UnixListenerOptions } from './options.js';

/** Removes the socket that a program left behind which is no more. Throws DipperError when somebody listens. */
export async function claimPath(path: string, name: string): Promise<void> {
  // bind() of libuv says EACCES where there is no folder.
  if (!existsSync(dirname(path))) {
    throw new DipperError(
      'ERR_STREAM_UNAVAILABLE',
      `listener ${name}: its folder does not exist; make it, or choose another path`,
    );
  }
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch {
    return; // free, or for listen() to say why not
  }
  if (!isSocket) throw refuse(`${name}: is there already and is no socket; move it away`);
  if (await answers(path)) {
    throw new DipperError(
      'ERR_STREAM_UNAVAILABLE',
      `listener ${name}: another program listens there; stop it or choose another path`,
    );
  }
  try {
    unlinkSync(path);
  } catch (cause) {
    throw new DipperError(
      'ERR_PERMISSION',
      `listener ${name}: a dead socket is there and cannot be removed: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Only a refused connection says that nobody listens; a full backlog or missing rights do not. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/**
 * Binds and listens in one go: the file is born with no rights for others, gets its group, then its mode, all
 * before the event loop accepts anybody.
 */
export function listenOnPath(
  server: Server,
  { path, mode = 0o660, group }: UnixListenerOptions,
  name: string,
): void {
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  if (!server.listening) return; // the error comes as an event
  try {
    if (group !== undefined) chownSync(path, -1, groupId(group, name));
    chmodSync(path, mode);
  } catch (cause) {
    if (cause instanceof DipperError) throw cause;
    throw new DipperError(
      'ERR_PERMISSION',
      `listener ${name}: its mode and group cannot be set: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The number of a group, from group(5). Throws DipperError. */
export function groupId(group: string | number, name: string): number {
  if (typeof group === 'number') return group;
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${group}:`));
  const id = Number(line?.split(':')[2] ?? Number.NaN);
  if (Number.isInteger(id)) return id;
  throw refuse(`${name}: no group ${group} in /etc/group; make it, or give a number`);
}
