#!/usr/bin/env node
import { destination } from 'pino';
// `dipperd`: reads the command line and the configuration, then runs the daemon or does the one thing that was asked
// for. Errors become words on stderr and an exit code here, and nowhere else.
import {
  type CommandLine,
  type LoadedConfig,
  loadConfig,
  parseCommandLine,
} from './config/index.js';
import { LogTarget, startInBackground } from './daemon/background.js';
import { detectionLine } from './daemon/detection-line.js';
import { judge } from './daemon/judge.js';
import { DipperError, exitCodes } from './errors.js';
import { createLog } from './log.js';

async function main(argv: readonly string[]): Promise<number> {
  const line = parseCommandLine(argv);
  if (line.mode !== 'run') {
    const { otherMode } = await import('./daemon/modes.js');
    return await otherMode(line);
  }
  const managed = process.env.NOTIFY_SOCKET !== undefined;
  if (!line.foreground && !managed) {
    loadConfig({ commandLine: line, judge }); // what is wrong is said here and now
    return await startInBackground(argv);
  }
  return await runDaemon(line);
}

async function runDaemon(line: CommandLine): Promise<number> {
  const load = (): LoadedConfig => loadConfig({ commandLine: line, judge });
  const loaded = load();
  const { dipperd } = loaded.config;
  const target = new LogTarget(destination({ dest: 2, sync: true }));
  const log = createLog(line.debug > 0 ? 'debug' : dipperd.log_level, target);
  for (const notice of [...line.notices, ...loaded.notices]) log.info(notice);
  const { Service } = await import('./daemon/service.js');
  const service = new Service({
    ...{ loaded, reload: load, log, pidFile: line.debug === 0 },
    ...(line.debug > 0 && line.verbose > 0 ? { detected: printDetection } : {}),
  });
  const exitCode: number = exitCodes.ok;
  const signalled = new Promise<void>((resolve) => {
    let asked = 0;
    const end = (signal: NodeJS.Signals): void => {
      asked += 1;
      log.info({ signal }, asked === 1 ? 'ending' : 'ending at once');
      if (asked > 1)
        process.exit(signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGPWR'] as const) process.on(signal, end);
  });
  process.on('SIGHUP', () => {
    void service.reload().then(({ ok, message }) => {
      if (ok) log.info({ diff: message }, 'configuration taken over');
      else log.error(message);
    });
  });
  process.on('SIGPIPE', () => {});
  try {
    await service.start();
  } catch (error) {
    await service.undo();
    throw error;
  }
  log.info({ pid: process.pid, version: service.version }, 'dipperd is ready');
  target.ready();
  await Promise.race([signalled, service.ended()]);
  await service.stop();
  log.info('dipperd has ended');
  return exitCode;
}

const printDetection = (line: Buffer): void => {
  process.stderr.write(`${detectionLine(line)}\n`);
};

function fail(error: unknown): number {
  if (error instanceof DipperError) {
    process.stderr.write(`dipperd: ${error.message}\n`);
    return error.exitCode;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`dipperd: a defect of dipperd itself, please report it:\n${detail}\n`);
  return exitCodes.internal;
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);
