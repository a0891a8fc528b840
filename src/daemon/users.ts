// Numbers of users and groups from the files of the host (passwd(5), group(5)). The addon asks the C library when rights
// are dropped; this is for the owner of files that are made before.
import { readFileSync } from 'node:fs';
import type { RunAs } from '../capture/privileges.js';

function row(path: string, name: string): readonly string[] | undefined {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.find((line) => line.startsWith(`${name}:`))?.split(':');
  } catch {
    return undefined;
  }
}

export const hasUser = (name: string): boolean => row('/etc/passwd', name) !== undefined;

/** Undefined when the user is in no file: drop() will say so. */
export function userIds({ user, group }: RunAs): { uid: number; gid: number } | undefined {
  const entry = row('/etc/passwd', user);
  const uid = entry === undefined ? Number(user) : Number(entry[2]);
  const groupEntry = group === undefined ? undefined : row('/etc/group', group);
  const gid = group === undefined ? Number(entry?.[3] ?? user) : Number(groupEntry?.[2] ?? group);
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}
