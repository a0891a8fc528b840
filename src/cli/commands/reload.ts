// `dipper reload`: the running daemon reads its configuration again and says what changed.
import { join } from 'node:path';
import { askDaemon } from '../../daemon/control.js';
import { exitCodes } from '../../errors.js';
import type { Command, CommandSpec, Io, OptionValues } from '../command.js';
import { usageError } from '../command.js';

const spec: CommandSpec = {
  name: 'reload',
  summary: 'Lets the running daemon read its configuration again and prints what changed.',
  usage: '[options]',
  examples: [
    ['dipper reload', 'after a change of /etc/dipperd.conf; flows go on'],
    ['dipper reload --json | jq .data.restart', 'keys that wait for the next start'],
  ],
  options: [
    {
      flags: '--path <dir>',
      description: 'path_state_volatile of the daemon (default /run/dipperd)',
    },
    { flags: '--json', description: 'one line: {"ok", "message", "data"}' },
  ],
  exitCodes: [
    [0, 'the new configuration is in force'],
    [64, 'the command line is not understood'],
    [69, 'no daemon runs there'],
    [77, 'only root and the user of the daemon may ask'],
    [78, 'the new configuration is refused, or a part of it could not be applied'],
  ],
};

async function run(values: OptionValues, operands: readonly string[], io: Io): Promise<number> {
  if (operands.length > 0) throw usageError('reload', `unexpected "${operands[0]}"`);
  const folder = typeof values.path === 'string' ? values.path : '/run/dipperd';
  const answer = await askDaemon(join(folder, 'control.sock'), 'reload');
  if (values.json === true) await io.stdout.write(`${JSON.stringify(answer)}\n`);
  else if (answer.ok) await io.stdout.write(`${answer.message}\n`);
  else io.stderr.write(`dipper: ${answer.message}\n`);
  return answer.ok ? exitCodes.ok : exitCodes.configuration;
}

export const command: Command = { spec, run };
