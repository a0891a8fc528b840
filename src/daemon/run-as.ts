// Whom root becomes once everything is open.
import { accountIds, current, type RunAs } from '../capture/privileges.js';
import type { Config } from '../config/index.js';
import type { Log } from '../log.js';

/** `user`, else `dipperd` where there is one, else nobody. Undefined: we are not root, or stay it. */
export function runAs(config: Config, log: Log): RunAs | undefined {
  if (current().uid !== 0) return undefined;
  const { user = isAccount('dipperd') ? 'dipperd' : 'nobody', group } = config.dipperd;
  if (user === 'root' || user === '0') {
    log.warn('user = root: every parser of hostile packets runs as root');
    return undefined;
  }
  return { user, ...(group === undefined ? {} : { group }) };
}

function isAccount(user: string): boolean {
  try {
    accountIds({ user });
    return true;
  } catch {
    return false;
  }
}
