// Into the background, as netifyd goes without -R or -d: the daemon is a process of its own, and the one that was called
// ends when that one is ready, or with its exit code when it is not (what a service of `Type=forking` wants). Until then
// the log is the caller's; from then on it goes to syslog.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DestinationStream } from 'pino';
import { loadAddon } from '../addon.js';

const program = fileURLToPath(new URL('../daemon.js', import.meta.url));

/** Starts the daemon with `argv` and `-R`; resolves with the exit code of this process. */
export async function startInBackground(argv: readonly string[]): Promise<number> {
  const words = [...process.execArgv, program, ...argv, '-R'];
  const child = spawn(process.execPath, words, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.on('data', (text: Buffer) => process.stderr.write(text));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
    child.once('message', () => {
      child.removeAllListeners('close');
      child.disconnect();
      child.unref();
      child.stderr?.destroy();
      resolve(0);
    });
  });
}

/** syslog's severities (RFC 5424, 6.2.1) for pino's levels; the facility is `daemon`, 3. */
const severity = (level: number): number =>
  level >= 60 ? 2 : level >= 50 ? 3 : level >= 40 ? 4 : level >= 30 ? 6 : 7;

/** A datagram of RFC 3164's shape for a line of the log. */
export function syslogDatagram(line: string, pid: number): string {
  const level = Number(/"level":(\d+)/.exec(line)?.[1] ?? 30);
  return `<${3 * 8 + severity(level)}>dipperd[${pid}]: ${line.trimEnd()}`;
}

/** Where the log goes: to `first` until ready() was called by a daemon in the background, then to syslog. */
export class LogTarget implements DestinationStream {
  #first: DestinationStream | undefined;
  readonly #syslog: string;

  constructor(first: DestinationStream, syslog = '/dev/log') {
    this.#first = first;
    this.#syslog = syslog;
  }

  write(line: string): void {
    if (this.#first !== undefined) {
      this.#first.write(line);
      return;
    }
    try {
      loadAddon().notifyServiceManager(this.#syslog, syslogDatagram(line, process.pid));
    } catch {
      // No syslog runs here; there is nobody else to tell.
    }
  }

  /** All is open: the process that started this one is told and may end. In the foreground nothing happens. */
  ready(): void {
    if (process.send === undefined) return;
    this.#first = undefined;
    process.send('ready', () => {
      if (process.connected) process.disconnect();
    });
  }
}
