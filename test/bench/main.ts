// `npm run bench`: speed and memory beside ndpiReader, one worker beside two, and what a million flows cost.
// JSON to stdout, words to stderr. docs/performance.md explains the method and keeps the figures.
//   npm run bench [-- --quick] [--pairs N] [--only ndpi|workers|long|memory]
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CaptureOptions, defaults } from './make-capture.js';
import { type Memory, measureMemory } from './memory.js';
import { comparePairs, type Measure, type Pairs } from './pairs.js';
import { measureScaling, scalingText } from './scaling.js';
import { buildNative, ensureCapture, root, text } from './set-up.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    only: { type: 'string' },
  },
});
const pairs = Number(values.pairs ?? (values.quick ? 1 : 5));
const wanted = (part: string): boolean => values.only === undefined || values.only === part;

// ndpiReader shows nDPI up to 80 packets of a TCP flow and 24 of a UDP flow: the same depth for both.
const cli = join(root, 'dist/src/cli/main.js');
const spy = [process.execPath, cli, 'spy', '--json', '--quiet', '--dpi-packets', '80,24'];
const result: Record<string, unknown> = {};

function capture(shape: CaptureOptions['shape']): string {
  if (!values.quick) return ensureCapture(shape, defaults[shape]);
  const { packets, flows } = defaults[shape];
  const small = {
    ...defaults[shape],
    packets: Math.ceil(packets / 50),
    flows: Math.ceil(flows / 50),
  };
  return ensureCapture(`${shape}-quick`, small);
}

function pairText(
  title: string,
  one: string,
  two: string,
  { one: a, two: b, ...rest }: Pairs,
): void {
  const row = (name: string, m: Measure): string =>
    `  ${name.padEnd(12)} wall ${m.wall_s.toFixed(2)} s, CPU ${(m.user_s + m.system_s).toFixed(2)} s, ` +
    `peak RSS ${(m.peak_rss_kib / 1000).toFixed(0)} MB (anonymous ${(m.peak_anonymous_kib / 1000).toFixed(0)} MB)`;
  const range = [Math.min(...rest.ratios), Math.max(...rest.ratios)].map((ratio) =>
    ratio.toFixed(2),
  );
  text(`${title}, medians of ${rest.pairs} pairs`);
  text(row(one, a));
  text(row(two, b));
  text(
    `  ${two} takes ${rest.ratio.toFixed(2)} times the wall time of ${one} (${range.join(' to ')})`,
  );
}

function compare(name: string, title: string, file: string): void {
  if (spawnSync('ndpiReader', ['-h']).error) {
    text('ndpiReader is not here (apt install libndpi-bin): not compared');
    return;
  }
  const outcome = comparePairs([...spy, file], ['ndpiReader', '-i', file, '-q'], pairs);
  result[name] = outcome;
  pairText(title, 'dipper', 'ndpiReader', outcome);
}

function memoryText(title: string, memory: Memory): void {
  text(`${title}: ${memory.flows} flows at a time`);
  text(
    `  native ${memory.native_peak_mb.toFixed(0)} MB, ${memory.bytes_per_flow.toFixed(0)} bytes a flow; ` +
      `table and metadata ${memory.bytes_per_settled_flow.toFixed(0)} bytes a flow; ` +
      `${memory.dpi_states_peak} flows in detection, ${(memory.dpi_state_bytes_peak / 1e6).toFixed(0)} MB`,
  );
  text(
    `  whole process ${memory.process_peak_anonymous_mb.toFixed(0)} MB anonymous, ` +
      `${memory.process_peak_rss_mb.toFixed(0)} MB resident with the mapped file`,
  );
}

buildNative();
const load = loadavg()[0] ?? 0;
result.machine = {
  processors: cpus().length,
  model: cpus()[0]?.model,
  node: process.version,
  load,
};
if (load > 0.5)
  text(`the machine is busy (load ${load.toFixed(1)}): wall times are of little worth`);
text(`${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`);
if (wanted('ndpi')) compare('ndpi_reader', 'whole captures', capture('mixed'));
if (wanted('long')) compare('ndpi_reader_long_flows', 'long flows', capture('long'));
if (wanted('workers')) {
  // In `many` nearly every packet is for detection, so that the reader is hardly ever what is waited for.
  for (const shape of ['mixed', 'many'] as const) {
    const file = capture(shape);
    const outcome = comparePairs([...spy, '--workers', '2', file], [...spy, file], pairs);
    const scaling = measureScaling(file);
    result[`workers_${shape}`] = { ...outcome, scaling };
    pairText(`capture ${shape}`, 'two workers', 'one worker', outcome);
    scalingText(`capture ${shape}`, scaling);
  }
}
if (wanted('memory')) {
  const settled = measureMemory(capture('settled'), spy);
  const many = measureMemory(capture('many'), spy);
  result.memory = { settled, many };
  memoryText('flows whose detection is over (DNS)', settled);
  memoryText('first packets of all kinds of flows', many);
}
process.stdout.write(`${JSON.stringify(result)}\n`);
