// What `dipperd` does besides running: netifyd's options that print something and end.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadAddon } from '../addon.js';
import { loadDefinitions } from '../applications/load.js';
import { configuredSources } from '../applications/shipped.js';
import { protocolNames } from '../capture/protocols.js';
import { daemonHelp } from '../config/command-line-help.js';
import { type CommandLine, type LoadedConfig, loadConfig } from '../config/index.js';
import { DipperError, exitCodes, fileError } from '../errors.js';
import { createLog } from '../log.js';
import { buildVersion } from '../messages/agent-hello.js';
import { agentUuid, generateUuid } from '../state/uuid.js';
import { dumpText } from './dump.js';
import { ownVersion } from './identity.js';
import { judge, remarksOn } from './judge.js';
import { ndpiFiles } from './settings.js';
import { findStatus } from './status.js';
import { statusText } from './status-text.js';

/** Returns the exit code. Throws DipperError. */
export async function otherMode(line: CommandLine): Promise<number> {
  const print = (text: string): number => {
    process.stdout.write(`${text}\n`);
    return 0;
  };
  const load = (): LoadedConfig => loadConfig({ commandLine: line, judge });
  switch (line.mode) {
    case 'check': {
      const { config, file, notices } = load();
      for (const notice of [...notices, ...remarksOn(config)])
        process.stderr.write(`dipperd: ${notice}\n`);
      return print(`${file ?? 'the built-in configuration'}: in order`);
    }
    case 'help':
      return print(daemonHelp().trimEnd());
    case 'version':
      return print(version());
    case 'uuid':
      return print(generateUuid());
    case 'provision': {
      const { dipperd } = load().config;
      const log = createLog('warn');
      return print(await agentUuid({ given: dipperd.uuid, path: dipperd.path_uuid, log }));
    }
    case 'hash':
      return print(`${sha1Of(line.file)}  ${line.file}`);
    case 'nothing':
      for (const notice of line.notices) process.stderr.write(`dipperd: ${notice}\n`);
      return 0;
    case 'status': {
      const { path_state_volatile: folder, path_pid_file: pidFile } = load().config.dipperd;
      const finding = await findStatus(folder, pidFile);
      print(statusText(finding).join('\n'));
      return finding.running ? exitCodes.ok : exitCodes.unavailable;
    }
    case 'dump': {
      const { config } = load();
      const { applications, categories: applicationCategories } = await loadDefinitions(
        configuredSources(config.applications),
      );
      const names = protocolNames(ndpiFiles(config));
      return print(dumpText(line, { ...names, applications, applicationCategories }).trimEnd());
    }
    case 'run':
      throw new DipperError('ERR_INTERNAL', 'running is no other mode');
  }
}

function version(): string {
  const features: string[] = ['conntrack', 'netlink', 'dns-cache'];
  const ndpiVersion = loadAddon().libraryVersion;
  return `${buildVersion({ version: ownVersion(), ndpiVersion, features })}\nNode ${process.version}`;
}

function sha1Of(path: string): string {
  try {
    return createHash('sha1').update(readFileSync(path)).digest('hex');
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}
