// What the process may do, and how it gives that up. Two ways lead to a daemon that is not root: the service manager
// starts it as its own user with two ambient capabilities, which it keeps; or root starts it, it opens what it needs,
// and drops everything for good. Credentials are a matter of threads on Linux; the addon checks every one.
import { loadAddon, type NativeError } from '../addon.js';
import { DipperError, type ErrorCode } from '../errors.js';

export interface Privileges {
  readonly uid: number;
  readonly gid: number;
  /** CAP_NET_RAW: packet sockets may be opened. */
  readonly netRaw: boolean;
  /** CAP_NET_ADMIN: connection tracking may be followed. */
  readonly netAdmin: boolean;
  /** The whole effective set as the kernel prints it: 16 hexadecimal digits. */
  readonly effective: string;
  readonly noNewPrivileges: boolean;
}

export type Capability = 'CAP_NET_RAW' | 'CAP_NET_ADMIN';

/** Whom to become: names or numbers. Without `group`, the user's own. */
export interface RunAs {
  readonly user: string;
  readonly group?: string;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  67: 'ERR_USER_UNKNOWN',
  69: 'ERR_SOURCE_UNAVAILABLE',
  71: 'ERR_SYSTEM',
  73: 'ERR_PID_FILE',
  77: 'ERR_PERMISSION',
};

/** The addon's error about the host in our words. */
export function hostError(cause: unknown): DipperError {
  const { message, exitCode } = cause as NativeError;
  return new DipperError(codes[exitCode] ?? 'ERR_INTERNAL', message, { cause });
}

/** What this process holds now. */
export function current(): Privileges {
  try {
    return loadAddon().privileges();
  } catch (cause) {
    throw hostError(cause);
  }
}

/** Numbers of a user and a group, as the C library knows them. Throws ERR_USER_UNKNOWN. */
export function accountIds(runAs: RunAs): { readonly uid: number; readonly gid: number } {
  try {
    return loadAddon().findAccount(runAs.user, runAs.group ?? '');
  } catch (cause) {
    throw hostError(cause);
  }
}

export interface Dropped extends Privileges {
  /** `dropped`: was root, is no longer. `kept`: was not root, nothing was done. */
  readonly how: 'dropped' | 'kept';
  /** Threads whose /proc/self/task/TID/status shows the new ids and no capability; 0 when nothing was done. */
  readonly threads: number;
}

/**
 * Becomes `runAs` on all threads, for good: groups, ids, every capability set, no_new_privs, not dumpable. Who is not
 * root keeps what it has: the service manager chose that. Throws ERR_USER_UNKNOWN before anything was changed. After
 * ERR_PERMISSION or ERR_SYSTEM the process may be half-way and must end.
 */
export function drop(runAs: RunAs): Dropped {
  const before = current();
  if (before.uid !== 0) return { ...before, how: 'kept', threads: 0 };
  try {
    const threads = loadAddon().dropPrivileges(runAs.user, runAs.group ?? '');
    return { ...current(), how: 'dropped', threads };
  } catch (cause) {
    throw hostError(cause);
  }
}

const purposes: Readonly<Record<Capability, string>> = {
  CAP_NET_RAW: 'to capture packets',
  CAP_NET_ADMIN: 'to follow connection tracking',
};

/** What to do about a missing capability, as one line for people. */
export function remedy(capability: Capability): string {
  const set = `+${capability.slice('CAP_'.length).toLowerCase()}`;
  return (
    `in the systemd unit: AmbientCapabilities=${capability}; ` +
    `by hand: setpriv --reuid=USER --regid=GROUP --init-groups --inh-caps=${set} --ambient-caps=${set} dipperd; ` +
    `or start dipperd as root, it drops its privileges by itself`
  );
}

/** Throws ERR_PERMISSION, naming the capability and the remedy, when this process lacks it. */
export function requireCapability(
  capability: Capability,
  privileges: Privileges = current(),
): void {
  if (capability === 'CAP_NET_RAW' ? privileges.netRaw : privileges.netAdmin) return;
  throw new DipperError(
    'ERR_PERMISSION',
    `${capability} is missing ${purposes[capability]} (uid ${privileges.uid}); ${remedy(capability)}`,
  );
}
