// Whether a daemon runs, and its last status: from the PID file and status.json. Asks nobody, so it answers when the
// daemon does not.
import { join } from 'node:path';
import { DipperError } from '../errors.js';
import type { AgentStatus } from '../messages/index.js';
import { alive } from '../state/directory.js';
import { readStatus, statusName } from '../state/status-file.js';
import { runningPid } from './pid-file.js';
import { type Finding, isStale } from './status-text.js';

/** `folder` is the daemon's path_state_volatile. Throws DipperError for a status that cannot be read or is none. */
export async function findStatus(folder: string, pidFile: string): Promise<Finding> {
  const status = await readStatus(folder);
  if (status !== undefined) await check(status, folder);
  const now = Date.now();
  // With -d there is no PID file: then a fresh status of a living process will do.
  const fresh = status !== undefined && !isStale({ status, now });
  const debugged = fresh && alive(status.pid) ? status.pid : undefined;
  const pid = runningPid(pidFile) ?? debugged;
  return { running: pid !== undefined, pid, status, now, folder };
}

/** Members that this version does not know are another version's; those that it needs must be there. */
async function check(status: AgentStatus, folder: string): Promise<void> {
  const { validateMessage } = await import('../messages/validate.js');
  const offences = validateMessage(status).filter((one) => !one.includes('additional properties'));
  if (offences.length === 0) return;
  throw new DipperError(
    'ERR_INPUT_NOT_FOUND',
    `${join(folder, statusName)}: is not a status of this version of dipperd: ${offences.slice(0, 3).join('; ')}`,
  );
}
