// What definition files cost: 100,000 domain rules and 50,000 networks, half of them IPv6, written to a file and read back.
// JSON to stdout, words to stderr.
//   node --enable-source-maps dist/test/bench/definitions.js
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Definitions } from '../../src/applications/definitions.js';
import { loadDefinitions } from '../../src/applications/load.js';

const runs = 5;
export const size = { applications: 1000, domains: 100_000, prefixes: 50_000 };

/** The same text on every machine. */
export function definitionText(): string {
  const lines: string[] = [];
  for (let i = 0; i < size.applications; i++) lines.push(`app:${i + 1}:bench.app-${i}`);
  const id = (i: number) => (i % size.applications) + 1;
  for (let i = 0; i < size.domains; i++)
    lines.push(`dom:${id(i)}:host-${i}.site-${(i * 7919) % 30_011}.example${i % 40}`);
  for (let i = 0; i < size.prefixes; i++) {
    const [high, low] = [Math.floor(i / 256) % 256, i % 256];
    if (i % 2 === 0) lines.push(`net:${id(i)}:${11 + (i % 7)}.${high}.${low}.0/24`);
    else lines.push(`net:${id(i)}:2001:db8:${i.toString(16)}::/${i % 3 === 0 ? 48 : 56}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Wall time, and processor time of the process: on a busy machine only the second says something. */
async function measure(file: string) {
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const definitions: Definitions = await loadDefinitions({ files: [file] });
  const { user, system } = process.cpuUsage(cpuStart);
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000, definitions };
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-bench-'));
  try {
    const file = join(folder, 'bench.conf');
    writeFileSync(file, definitionText());
    const times: number[] = [];
    const cpuTimes: number[] = [];
    let rules = 0;
    for (let i = 0; i < runs; i++) {
      const { ms, cpuMs, definitions } = await measure(file);
      times.push(ms);
      cpuTimes.push(cpuMs);
      rules = definitions.rules.length;
      if (definitions.problems.length > 0) throw new Error(JSON.stringify(definitions.problems[0]));
    }
    const [parse_ms, parse_cpu_ms] = [median(times), median(cpuTimes)];
    process.stderr.write(
      `${rules} rules are read in ${parse_ms.toFixed(0)} ms, ${parse_cpu_ms.toFixed(0)} ms of processor time (medians of ${runs})\n`,
    );
    process.stdout.write(`${JSON.stringify({ rules, parse_ms, parse_cpu_ms })}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1]?.endsWith('definitions.js')) await main();
