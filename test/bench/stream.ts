// `npm run bench:stream`: real flow lines at a steady rate to healthy clients in another process and to one that never
// reads. JSON to stdout, words to stderr. Exits 1 when a healthy client lost something.
//   npm run bench:stream [-- --seconds 60] [--rate 20000] [--clients 10]
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLog } from '../../src/log.js';
import { StreamServer } from '../../src/sinks/stream/index.js';
import { root, text } from './set-up.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' },
    clients: { type: 'string', default: '10' },
  },
});
const [seconds, rate, clients] = [values.seconds, values.rate, values.clients].map(Number) as [
  number,
  number,
  number,
];
/** As often does an engine hand over lines. */
const tickMs = 5;
const stampDigits = 16;
const stampMark = '"interface":"';

/** Lines that the engine wrote for real captures, each with room for a time in place of the interface's name. */
function realLines(): { line: Buffer; stampAt: number }[] {
  const folder = join(root, 'test/golden/expected');
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"type":"flow'))
    .map((line) => {
      const stamped = line.replace(
        /"interface":"[^"]*"/,
        `${stampMark}${'0'.repeat(stampDigits)}"`,
      );
      return {
        line: Buffer.from(`${stamped}\n`),
        stampAt: stamped.indexOf(stampMark) + stampMark.length,
      };
    });
}

interface Report {
  cpu_s: number;
  frames: number;
  bytes: number;
  lost: number;
  broken: number;
  closed: number;
  measured: number;
  p50_ms: number;
  p99_ms: number;
  max_ms: number;
}

const folder = mkdtempSync(join(tmpdir(), 'dipper-bench-'));
const path = join(folder, 'stream.sock');
const server = new StreamServer({
  listeners: [{ path }],
  greeting: () => [{ type: 'agent_hello' }],
  snapshot: () => Promise.resolve(),
  log: createLog('silent'),
});
await server.listen();
const child = fork(join(import.meta.dirname, 'stream-clients.js'), [path, String(clients)]);
const said = () =>
  new Promise<Report>((resolve) => child.once('message', (word) => resolve(word as Report)));
while (server.status().clients.length < clients + 1) await sleep(10);
server.publish(Buffer.from('{"type":"agent_status"}\n')); // so that the first number is not 0
await sleep(100);

const lines = realLines();
const meanBytes = lines.reduce((sum, { line }) => sum + line.length, 0) / lines.length;
text(
  `${rate} lines/s of ${meanBytes.toFixed(0)} bytes (${lines.length} different) to ${clients} clients and a stalled one, ` +
    `${seconds} s`,
);

let rssMax = process.memoryUsage.rss();
const rssBefore = rssMax;
let cutAfterS: number | undefined;
let cutBytes = 0;
const begun = process.hrtime.bigint();
const elapsedMs = () => Number(process.hrtime.bigint() - begun) / 1e6;
const cpuBefore = process.cpuUsage();
const watch = setInterval(() => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
  if (cutAfterS !== undefined) return;
  const { totals, clients: connected } = server.status();
  if (totals.clients_slow > 0) cutAfterS = elapsedMs() / 1000;
  else cutBytes = Math.max(...connected.map(({ backlog_bytes: bytes }) => bytes));
}, 20);

let published = 0;
let at = 0;
const chunk = Buffer.alloc(4 * 2 ** 20);
while (elapsedMs() < seconds * 1000) {
  const due = Math.floor((Math.min(elapsedMs(), seconds * 1000) * rate) / 1000) - published;
  const stamp = String(process.hrtime.bigint() / 1000n).padStart(stampDigits, '0');
  let size = 0;
  let count = 0;
  while (count < due) {
    const { line, stampAt } = lines[at++ % lines.length] as { line: Buffer; stampAt: number };
    if (size + line.length > chunk.length) break;
    line.copy(chunk, size);
    chunk.write(stamp, size + stampAt, 'latin1');
    size += line.length;
    count += 1;
  }
  server.publish(chunk.subarray(0, size));
  published += count;
  await sleep(tickMs);
}
const cpu = process.cpuUsage(cpuBefore);
const wallS = elapsedMs() / 1000;
await sleep(1000);
clearInterval(watch);
child.send('report');
const report = await said();
const { totals } = server.status();
child.send('end');
await server.close(1000);
rmSync(folder, { recursive: true, force: true });

const missing = published * clients - report.frames + report.lost;
const result = {
  published,
  rate: published / wallS,
  clients,
  delivered: report.frames,
  lost: missing,
  broken: report.broken,
  healthy_cut: report.closed,
  mb_per_s: report.bytes / wallS / 1e6,
  p50_ms: report.p50_ms,
  p99_ms: report.p99_ms,
  max_ms: report.max_ms,
  stalled_cut_after_s: cutAfterS,
  stalled_backlog_max_bytes: cutBytes,
  clients_slow: totals.clients_slow,
  rss_before_mb: rssBefore / 1e6,
  rss_max_mb: rssMax / 1e6,
  cpu_share: (cpu.user + cpu.system) / 1e6 / wallS,
  clients_cpu_share: report.cpu_s / wallS,
  load_average: loadavg()[0],
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
text(
  `delivered ${report.frames} of ${published * clients}, lost ${missing}; delay p50 ${report.p50_ms.toFixed(1)} ms, ` +
    `p99 ${report.p99_ms.toFixed(1)} ms, max ${report.max_ms.toFixed(1)} ms; stalled one cut after ` +
    `${cutAfterS?.toFixed(2) ?? 'never'} s; RSS ${(rssMax / 1e6).toFixed(0)} MB; ` +
    `${(100 * result.cpu_share).toFixed(0)} % of a core for ${result.mb_per_s.toFixed(0)} MB/s`,
);
process.exitCode = missing === 0 && report.broken === 0 && totals.clients_slow === 1 ? 0 : 1;
