// dipperd in a namespace with traffic, killed again and again. What a start finds must be whole, and not older than one
// interval, and the daemon must start on it without a word about damage.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { askDaemon } from '../../src/daemon/control.js';
import { udpFrame, writePcap } from '../live/frames.js';
import { Namespaces } from '../live/namespaces.js';
import { crash } from './driver.js';

const program = resolve(import.meta.dirname, '../../src/daemon.js');
const known = resolve(import.meta.dirname, '../../../test/golden/browsing.pcap');
const intervalMs = 1000;
/** A busy machine writes late: an interval counts from when it could be written. */
const patienceMs = 4 * intervalMs;

export interface CrashReport {
  starts: number;
  statuses: number;
  payloads: number;
  slowestStartMs: number;
  oldestStateMs: number;
}

const settings = (folder: string): string => `[dipperd]
path_state_persistent = ${folder}/lib
path_state_volatile = ${folder}/run
update_interval = ${intervalMs / 1000}
json_save = yes
json_save_history = 3
capture_unknown_flows = yes
capture_unknown_budget = 1M
ttl_idle_flow = 1
[capture-interface-b0]
role = LAN
[socket]
dump_unknown_flows = yes
listen_address[0] = 127.0.0.1
listen_path[1] = ${folder}/run/dipperd.sock
`;

/** What may lie in the folders of the state. */
const expected =
  /^(agent\.uuid|(serial|site)\.uuid|(dns-?hints?|flow-?hash(es)?)[\w-]*\.cache|status\.json|sink-request[\w.:-]*\.json(\.gz)?|nd-flow-[0-9a-f]{8}(-\d+)?\.cap|dipperd\.(pid|sock)|control\.sock|pseudonym\.key)$/;

class Left {
  readonly report: CrashReport = {
    ...{ starts: 0, statuses: 0, payloads: 0, slowestStartMs: 0, oldestStateMs: 0 },
  };
  #uuid = '';

  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** After a kill at `killedAt`, of a daemon that had been ready for `lifeMs`. */
  check(killedAt: number, lifeMs: number): void {
    const run = join(this.folder, 'run');
    const odd = [...readdirSync(run), ...readdirSync(join(this.folder, 'lib'))].filter(
      (name) => !expected.test(name) && !/\.tmp|^\./.test(name), // being written: the next start removes them
    );
    assert.deepEqual(odd, [], 'files that should not be there');
    this.#age(join(run, 'status.json'), killedAt, lifeMs, () => (this.report.statuses += 1));
    this.#age(join(run, 'sink-request.json'), killedAt, lifeMs, () => (this.report.payloads += 1));
    for (const name of readdirSync(run).filter((one) => one.endsWith('.json.gz')))
      JSON.parse(gunzipSync(readFileSync(join(run, name))).toString());
    const uuid = readFileSync(join(this.folder, 'lib/agent.uuid'), 'utf8').trim();
    if (this.#uuid !== '') assert.equal(uuid, this.#uuid, 'another identity');
    this.#uuid = uuid;
  }

  /** It is whole JSON, and not older than an interval if the daemon lived that long. */
  #age(path: string, killedAt: number, lifeMs: number, count: () => void): void {
    if (!existsSync(path)) {
      assert.ok(lifeMs < patienceMs, `${path} is not there after ${lifeMs} ms`);
      return;
    }
    assert.ok(JSON.parse(readFileSync(path, 'utf8')).uptime >= 0);
    count();
    if (lifeMs < patienceMs) return;
    const age = killedAt - statSync(path).mtimeMs;
    assert.ok(age < patienceMs, `${path} is ${age} ms old`);
    this.report.oldestStateMs = Math.max(this.report.oldestStateMs, Math.round(age));
  }
}

/** Throws when a start fails or finds something damaged. */
export async function daemonCrash(rounds: number, lifeMs = 4500): Promise<CrashReport> {
  const net = new Namespaces();
  try {
    const [here, there] = [net.add('a'), net.add('b')];
    chmodSync(net.folder, 0o755);
    net.link(here, 'a0', there, 'b0');
    const config = join(net.folder, 'dipperd.conf');
    writeFileSync(config, settings(net.folder));
    const unknown = writePcap(
      join(net.folder, 'unknown.pcap'),
      Array.from({ length: 4000 }, (_, i) => udpFrame(i % 100, i % 200 >= 100)),
    );
    for (const file of [known, unknown])
      net.start(here, ['tcpreplay', '-q', '-i', 'a0', '--loop=0', '--pps=500', file]);
    const left = new Left(net.folder);
    let readyAt = 0;
    await crash({
      command: [
        ...(['ip', 'netns', 'exec', there, 'sh', '-c'] as const),
        // Its log on standard output, where the driver reads it.
        `exec ${process.execPath} --enable-source-maps ${program} -R -c ${config} 2>&1`,
      ],
      ...{ rounds, lifeMs, patienceMs: 60_000 },
      onLine: (line) => {
        assert.doesNotMatch(line, /damaged|set aside|"level":(50|60)|defect/, line);
      },
      ready: async (child: ChildProcess) => {
        const began = Date.now();
        await answers(join(net.folder, 'run/control.sock'), child);
        readyAt = Date.now();
        left.report.starts += 1;
        left.report.slowestStartMs = Math.max(left.report.slowestStartMs, readyAt - began);
      },
      killed: () => left.check(Date.now(), Date.now() - readyAt),
    });
    return left.report;
  } finally {
    await net.close();
  }
}

async function answers(socket: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await askDaemon(socket, 'status').catch(() => undefined);
    if (answer?.ok && (answer.data as { pid: number }).pid === child.pid) return;
    await sleep(20);
  }
  await new Promise(() => {}); // the driver says how it ended
}
