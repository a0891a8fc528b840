// `npm run bench:events`: what an event costs TypeScript on its way from the worker to a client's socket, stage by stage, and how
// many complete flow records a second that makes on one core. JSON to stdout, words to stderr. Exits 1 below the aim.
//   npm run bench:events [-- --rounds 30]
//
// Lines of real captures, as the engine writes them, are recorded once; each stage is then all stages before it and one
// more, over the same chunks, so that differences are what a stage costs. Processor time of the whole process counts,
// garbage collection and the kernel's part of writing included; the client is another process. At last an engine is drained
// for real, where the time of the main thread alone is taken: the workers have other ones.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/capture/engine.js';
import { type LineTargets, routeLines } from '../../src/daemon/line-router.js';
import { DeviceDirectory } from '../../src/flow/device-directory.js';
import { Enricher } from '../../src/flow/enrich.js';
import { GeoDatabase } from '../../src/flow/geo-database.js';
import { createLog } from '../../src/log.js';
import { StreamServer } from '../../src/sinks/stream/index.js';
import { DeviceTable } from '../../src/state/devices.js';
import { makeDatabase } from '../unit/flow/mmdb-writer.js';
import { ensureCapture, text } from './set-up.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } });
const rounds = Number(values.rounds);
/** Complete flow records a second, on one core. */
const aim = 150_000;
/** Bytes that may wait for the client: more would measure memory. */
const mostWaiting = 16 << 20;

const log = createLog('silent');
const capture = ensureCapture('events', {
  shape: 'mixed',
  packets: 600_000,
  flows: 50_000,
  seed: 3,
});

const engine = () =>
  new Engine({
    source: { type: 'pcap-file', path: capture },
    events: ['detected', 'updated', 'expired', 'stats'],
    statsIntervalS: 15,
  });

/** Lines that are complete records: all but the statistics. */
function countRecords(chunk: Buffer): { lines: number; records: number } {
  const lines = chunk.toString('latin1').split('\n').slice(0, -1);
  return { lines: lines.length, records: lines.filter((one) => one.includes('"local_ip"')).length };
}

text('recording the lines of an engine');
const chunks: Buffer[] = [];
for await (const chunk of engine().chunks()) chunks.push(Buffer.from(chunk));
const total = chunks.reduce(
  (sum, chunk) => {
    const { lines, records } = countRecords(chunk);
    return {
      lines: sum.lines + lines,
      records: sum.records + records,
      bytes: sum.bytes + chunk.length,
    };
  },
  { lines: 0, records: 0, bytes: 0 },
);
const shareOfRecords = total.records / total.lines;
text(
  `${total.lines} lines, ${total.records} of them complete records, ${(total.bytes / total.lines).toFixed(0)} bytes each`,
);

/** A database as deep as real ones are: 16,384 networks of IPv4, a city each. */
const city = (i: number) => ({
  continent: { code: 'EU', names: { en: 'Europe' } },
  country: { iso_code: 'DE', names: { en: 'Germany' } },
  city: { names: { en: `City ${i}` } },
  location: { latitude: i / 1000, longitude: i / 500 },
});
const networks = Array.from({ length: 16_384 }, (_, i) => [
  `${i >> 6}.${(i & 63) << 2}.0.0/14`,
  city(i),
]);
const database = await GeoDatabase.open(makeDatabase(Object.fromEntries(networks)));
const makeEnricher = () =>
  new Enricher({
    devices: new DeviceDirectory(),
    placeOf: (address) => database.of(address),
    log,
  });

const folder = mkdtempSync(join(tmpdir(), 'dipper-bench-'));
const path = join(folder, 'stream.sock');
const server = new StreamServer({
  listeners: [{ path }],
  greeting: () => [{ type: 'agent_hello' }],
  snapshot: () => Promise.resolve(),
  limits: { queueBytes: 2 * mostWaiting + (64 << 20), queueSeconds: 600 },
  log,
});
await server.listen();

const reader = `require('node:net').connect(process.argv[1]).on('close', () => process.exit()).on('error', () => process.exit()).resume()`;
async function connect(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', reader, path], { stdio: 'ignore' });
  while (server.status().clients.length === 0) await sleep(10);
  return child;
}

type Stage = Pick<LineTargets, 'events' | 'flow'>;
const nothing = () => {};
const targets = (stage: Stage): LineTargets => ({
  snapshotLine: nothing,
  snapshotEnd: nothing,
  unknownPackets: nothing,
  ...stage,
});

/** Lets the client take what it was sent, without using the processor meanwhile. */
async function breathe(): Promise<void> {
  const turn = server.nextTurn();
  if (turn !== undefined) await turn;
  while ((server.status().clients[0]?.backlog_bytes ?? 0) > mostWaiting) await sleep(1);
}

/** Microseconds of processor time a line. */
async function measure(name: string, stage: Stage): Promise<number> {
  const all = targets(stage);
  const round = async () => {
    for (const chunk of chunks) {
      routeLines(chunk, all);
      await breathe();
    }
  };
  for (let i = 0; i < 3; i += 1) await round();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i += 1) await round();
  const { user, system } = process.cpuUsage(before);
  const us = (user + system) / rounds / total.lines;
  text(`${name.padEnd(52)} ${us.toFixed(3)} us a line`);
  return us;
}

const devices = new DeviceTable();
const flow = (line: Buffer) => devices.add(line);
const enricher = makeEnricher();
const stages = {
  routing: await measure('routing', { events: nothing }),
  devices: await measure('+ addresses of devices', { events: nothing, flow }),
  enrichment: await measure('+ enrichment', { events: (lines) => enricher.lines(lines), flow }),
  publishing: 0,
  publishing_without: 0,
};
const client = await connect();
stages.publishing = await measure('+ a client on a socket', {
  events: (lines) => server.publish(enricher.lines(lines)),
  flow,
});
stages.publishing_without = await measure('the same without enrichment', {
  events: (lines) => server.publish(lines),
  flow,
});

/** ns that this thread has been on a processor. */
const threadNs = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);

text('from the engine');
/** Microseconds of this thread a line. */
async function drained(take: (chunk: Buffer) => Promise<void> | void): Promise<number> {
  const run = engine();
  const begun = threadNs();
  for await (const chunk of run.chunks()) await take(chunk);
  return (threadNs() - begun) / 1000 / total.lines;
}
const wholeWay = (enrich: (lines: Buffer) => Buffer) => {
  const all = targets({ events: (lines) => server.publish(enrich(lines)), flow });
  return async (chunk: Buffer) => {
    routeLines(chunk, all);
    await breathe();
  };
};
const runs = { draining: [] as number[], on: [] as number[], off: [] as number[] };
for (let i = 0; i < 5; i += 1) {
  runs.draining.push(await drained(nothing));
  runs.on.push(await drained(wholeWay((lines) => enricher.lines(lines))));
  runs.off.push(await drained(wholeWay((lines) => lines)));
}
const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0;
const whole = { on: median(runs.on), off: median(runs.off) };
const lost = server.status().totals.clients_slow;
client.kill();
await server.close(1000);
rmSync(folder, { recursive: true, force: true });

const recordsPerS = (us: number) => (1e6 / us) * shareOfRecords;
const result = {
  ...{
    lines: total.lines,
    records: total.records,
    bytes_a_line: total.bytes / total.lines,
    rounds,
  },
  us_a_line: {
    draining: median(runs.draining),
    routing: stages.routing,
    devices: stages.devices - stages.routing,
    enrichment: stages.enrichment - stages.devices,
    publishing: stages.publishing - stages.enrichment,
    all: stages.publishing,
    all_without_enrichment: stages.publishing_without,
  },
  us_a_line_of_the_whole_way: runs,
  records_per_s: {
    with_enrichment: recordsPerS(whole.on),
    without: recordsPerS(whole.off),
  },
  ...{ clients_cut: lost, load_average: loadavg()[0] },
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
text(
  `${recordsPerS(whole.on).toFixed(0)} complete records/s on one core with enrichment, ` +
    `${recordsPerS(whole.off).toFixed(0)} without (aim: ${aim})`,
);
process.exitCode = result.records_per_s.with_enrichment >= aim && lost === 0 ? 0 : 1;
