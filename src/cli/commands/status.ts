// `dipper status`: whether the daemon runs, and its last status. Reads the PID file and status.json; asks nobody, so
// it answers when the daemon does not.
import { join } from 'node:path';
import { findStatus } from '../../daemon/status.js';
import { isStale, statusText } from '../../daemon/status-text.js';
import { exitCodes } from '../../errors.js';
import type { Command, CommandSpec } from '../command.js';
import { usageError } from '../command.js';

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

export const command: Command = {
  spec,
  async run(values, operands, io) {
    if (operands.length > 0) throw usageError('status', `unexpected argument '${operands[0]}'`);
    const folder = typeof values.path === 'string' ? values.path : defaultFolder;
    const pidFile =
      typeof values.pidFile === 'string' ? values.pidFile : join(folder, 'dipperd.pid');
    const finding = await findStatus(folder, pidFile);
    const { running, pid, status } = finding;
    await io.stdout.write(
      values.json
        ? `${JSON.stringify({ running, pid: pid ?? null, stale: isStale(finding), status: status ?? null })}\n`
        : `${statusText(finding).join('\n')}\n`,
    );
    return running ? exitCodes.ok : exitCodes.unavailable;
  },
};
