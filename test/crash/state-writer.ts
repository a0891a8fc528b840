// Writes every kind of state file as fast as it can, each with a number that grows, and prints a number once it is on
// the disk. At its start it prints which numbers it found. Made to be killed.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { Log } from '../../src/log.js';
import type { AgentStatus } from '../../src/messages/index.js';
import { CacheFiles } from '../../src/state/caches.js';
import { StateDirectory } from '../../src/state/directory.js';
import { JsonSave } from '../../src/state/json-save.js';
import { readStatus, StatusFile } from '../../src/state/status-file.js';
import { UnknownCaptures } from '../../src/state/unknown-captures.js';
import { agentUuid } from '../../src/state/uuid.js';
import { WriteFailures } from '../../src/state/write-failures.js';

/** What a start found. */
export interface Found {
  uuid: string;
  /** The number in each file; 0 without the file. */
  numbers: Record<string, number>;
  /** Names that should not be there. */
  odd: string[];
  complaints: string[];
}

const folder = process.argv[2] ?? '';
const print = (text: string) => writeSync(1, `${text}\n`);
const complaints: string[] = [];
const quiet = () => {};
const complain = (about: unknown) => void complaints.push(JSON.stringify(about));
// Not pino: loading it would be half of each start.
const log = { debug: quiet, info: quiet, warn: complain, error: complain } as unknown as Log;
const failures = new WriteFailures(log);
const [persistent, volatile] = await Promise.all(
  ['lib', 'run'].map((name) => StateDirectory.open(join(folder, name), { log })),
);
if (persistent === undefined || volatile === undefined) throw new Error('no folders');

const numbers: Record<string, number> = {};

/** A cache whose content is its number and 50 kB that follow from it. */
function cache(name: string, place: 'persistent' | 'volatile') {
  numbers[name] = 0;
  const content = {
    export: () => {
      const bytes = Buffer.alloc(50_000, (numbers[name] ?? 0) % 256);
      bytes.writeUInt32LE(numbers[name] ?? 0);
      return bytes;
    },
    import: (bytes: Buffer) => {
      const number = bytes.readUInt32LE();
      const whole = bytes.subarray(4).equals(Buffer.alloc(49_996, number % 256));
      if (!whole) throw new Error('mixed content');
      numbers[name] = number;
      return 1;
    },
  };
  return { name, kind: name.slice(0, 8), version: 1, limit: 1 << 20, place, content };
}
const caches = new CacheFiles({
  ...{ persistent, volatile, failures, log },
  rows: [cache('dnshints.cache', 'persistent'), cache('flowhash.cache', 'volatile')],
});
await caches.load();

const statusFile = new StatusFile(volatile, failures);
numbers['status.json'] = (await readStatus(volatile.path))?.uptime ?? 0;
const devices = Object.fromEntries(
  Array.from({ length: 300 }, (_, n) => [`02:00:00:00:00:${n}`, ['192.0.2.1', '2001:db8::1']]),
);
const status = (number: number) =>
  ({ type: 'agent_status', uptime: number, devices }) as unknown as AgentStatus;

interface Saved {
  uptime: number;
  flows: Record<string, { total_bytes: number }[]>;
}

/** The number in a file of json_save; throws when its parts are not of one writing. */
function savedNumber(bytes: Buffer): number {
  const { uptime, flows } = JSON.parse(bytes.toString()) as Saved;
  const rows = Object.values(flows).flat();
  if (rows.length !== 200 || rows.some(({ total_bytes }) => total_bytes !== uptime))
    throw new Error(`${rows.length} flows of ${uptime}`);
  return uptime;
}
const saveName = 'sink-request.json';
const saved = await volatile.read(saveName, 1 << 24);
numbers[saveName] = saved === undefined ? 0 : savedNumber(saved);
const history = (await volatile.list()).filter((name) => name.endsWith('.json.gz'));
for (const name of history) savedNumber(gunzipSync(readFileSync(join(volatile.path, name))));
const jsonSave = await JsonSave.open({
  ...{ path: join(volatile.path, saveName), history: 3, failures, log },
});

const captures = await UnknownCaptures.open({ directory: volatile, bytes: 50_000, failures, log });
const uuid = await agentUuid({ path: join(persistent.path, 'agent.uuid'), log });

const known =
  /^(agent\.uuid|(dnshints|flowhash)\.cache|status\.json|sink-request.*|nd-flow-.*\.cap)$/;
const odd = [persistent, volatile].flatMap(({ path }) =>
  readdirSync(path).filter((name) => !known.test(name)),
);
const kept = (await volatile.list()).filter((name) => name.endsWith('.json.gz'));
if (kept.length > 3) odd.push(...kept);
for (const name of readdirSync(volatile.path).filter((other) => other.startsWith('nd-flow')))
  if (statSync(join(volatile.path, name)).size !== 24 + 16 + 1000) odd.push(name);
print(`found ${JSON.stringify({ uuid, numbers, odd, complaints } satisfies Found)}`);
print('ready');

async function forEver(write: () => Promise<void>): Promise<void> {
  for (;;) {
    await write();
    await setImmediate();
  }
}

await Promise.all([
  forEver(async () => {
    const wanted = ['dnshints.cache', 'flowhash.cache'];
    for (const name of wanted) numbers[name] = (numbers[name] ?? 0) + 1;
    await caches.save();
    for (const name of wanted) print(`wrote ${name} ${numbers[name]}`);
  }),
  forEver(async () => {
    const number = (numbers['status.json'] ?? 0) + 1;
    numbers['status.json'] = number;
    await statusFile.write(status(number));
    print(`wrote status.json ${number}`);
  }),
  forEver(async () => {
    const number = (numbers[saveName] ?? 0) + 1;
    numbers[saveName] = number;
    const flow = (name: string) =>
      `{"type":"flow","interface":"${name}","internal":true,"established":true,"flow":{"digest":"x","total_bytes":${number}}}\n`;
    const lines = Buffer.from((flow('lan') + flow('wan')).repeat(100));
    const written = await jsonSave.save(status(number), (onLines) =>
      Promise.resolve(onLines(lines)),
    );
    if (written) print(`wrote ${saveName} ${number}`);
  }),
  forEver(async () => {
    const packet = ['1', 1000, Buffer.alloc(1000).toString('base64')];
    const digest = randomBytes(20).toString('hex');
    captures.add(
      Buffer.from(
        JSON.stringify({ type: 'unknown_packets', digest, link_type: 1, packets: [packet] }),
      ),
    );
    await captures.settled();
  }),
]);
