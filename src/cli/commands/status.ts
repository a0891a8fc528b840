// `dipper status`: whether the daemon runs, and its last status. Reads the PID file and status.json; asks nobody, so
// it answers when the daemon does not.
import { join } from 'node:path';
import { runningPid } from '../../daemon/pid-file.js';
import { DipperError, exitCodes } from '../../errors.js';
import type { AgentStatus } from '../../messages/index.js';
import { alive } from '../../state/directory.js';
import { readStatus, statusName } from '../../state/status-file.js';
import type { Command, CommandSpec } from '../command.js';
import { usageError } from '../command.js';
import { isStale, statusText } from '../status-text.js';

const defaultFolder = '/run/dipperd';

const spec: CommandSpec = {
  name: 'status',
  summary:
    'Says whether dipperd runs and how it is: flows, memory, and the drops of each interface.',
  usage: '[--json] [--path DIR] [--pid-file FILE]',
  examples: [
    ['dipper status', 'in words'],
    ['dipper status --json | jq .status.interfaces', 'drops and state of each interface'],
  ],
  options: [
    { flags: '--json', description: 'one line: {"running", "pid", "stale", "status"}' },
    {
      flags: '--path <dir>',
      description: `path_state_volatile of the daemon (default ${defaultFolder})`,
    },
    { flags: '--pid-file <file>', description: 'path_pid_file (default dipperd.pid in there)' },
  ],
  exitCodes: [
    [0, 'dipperd is running'],
    [64, 'the command line is not understood'],
    [66, 'status.json is there but is no status'],
    [69, 'dipperd is not running'],
    [77, 'the rights to read the status are missing'],
  ],
};

/** Members that this version does not know are another version's; those that it needs must be there. */
async function check(status: AgentStatus, folder: string): Promise<void> {
  const { validateMessage } = await import('../../messages/validate.js');
  const offences = validateMessage(status).filter((one) => !one.includes('additional properties'));
  if (offences.length === 0) return;
  throw new DipperError(
    'ERR_INPUT_NOT_FOUND',
    `${join(folder, statusName)}: is not a status of this version of dipperd: ${offences.slice(0, 3).join('; ')}`,
  );
}

export const command: Command = {
  spec,
  async run(values, operands, io) {
    if (operands.length > 0) throw usageError('status', `unexpected argument '${operands[0]}'`);
    const folder = typeof values.path === 'string' ? values.path : defaultFolder;
    const pidFile =
      typeof values.pidFile === 'string' ? values.pidFile : join(folder, 'dipperd.pid');
    const status = await readStatus(folder);
    if (status !== undefined) await check(status, folder);
    const now = Date.now();
    const stale = isStale({ status, now });
    // With -d there is no PID file: then a fresh status of a living process will do.
    const debugged = status !== undefined && !stale && alive(status.pid) ? status.pid : undefined;
    const pid = runningPid(pidFile) ?? debugged;
    const finding = { running: pid !== undefined, pid, status, now, folder };
    await io.stdout.write(
      values.json
        ? `${JSON.stringify({ running: finding.running, pid: pid ?? null, stale, status: status ?? null })}\n`
        : `${statusText(finding).join('\n')}\n`,
    );
    return finding.running ? exitCodes.ok : exitCodes.unavailable;
  },
};
