// `npm start`: all set-up, then the daemon in the foreground with built-in defaults: live on the interfaces that it
// detects where that is permitted, else a bundled capture in its own time. Ctrl-C ends it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fail, root, setup } from './setup.mjs';

/** Whether packet sockets may be opened: CAP_NET_RAW is bit 13 of the effective set (capabilities(7)). */
function mayCapture() {
  const effective = readFileSync('/proc/self/status', 'utf8').match(/^CapEff:\s*([0-9a-f]+)/m)?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) >> 13n) % 2n === 1n;
}

await setup();
const state = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `dipperd-start-${process.getuid()}`);
mkdirSync(state, { recursive: true, mode: 0o711 });
const socket = join(state, 'run', 'dipperd.sock');
const dipper = 'node dist/src/cli/main.js';
const live = mayCapture();
const capture = join(root, 'test/golden/browsing.pcap');
if (!live && !existsSync(capture)) fail(`start: ${relative(root, capture)} is missing`, 66);

const settings = [
  `dipperd.path_state_volatile=${join(state, 'run')}`,
  `dipperd.path_state_persistent=${join(state, 'lib')}`,
  `socket.listen_path[0]=${socket}`,
  'socket.listen_address[1]=127.0.0.1',
  'socket.dump_established_flows=yes',
  'dipperd.log_level=warn',
];
const source = live ? [] : ['-r', '-I', `br-lan,${capture}`, '--set', 'dipperd.linger=yes'];
process.stdout.write(
  live
    ? 'Live on the interfaces with routes and addresses; Ctrl-C ends it.\n'
    : `Not permitted to capture (run as root for that): replaying ${relative(root, capture)} in its own time.\n`,
);
process.stdout.write(`
Look at it from another terminal:
  nc 127.0.0.1 7150 | jq                             the stream, as JSON
  ${dipper} stream --connect ${socket}
  ${dipper} status --path ${join(state, 'run')}
Without a daemon:
  ${dipper} spy ${relative(root, capture)}
  npm test

`);
const args = ['dist/src/daemon.js', '-R', ...settings.flatMap((one) => ['--set', one]), ...source];
const daemon = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    // A terminal sends SIGINT to the daemon as well; two would end it at once.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) daemon.kill(signal);
  });
daemon.on('close', (status, signal) => {
  process.exitCode = signal === null ? status : 1;
});
