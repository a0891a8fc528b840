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

async function measure(file: string): Promise<{ ms: number; definitions: Definitions }> {
  const start = performance.now();
  const definitions = await loadDefinitions({ files: [file] });
  return { ms: performance.now() - start, definitions };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-bench-'));
  try {
    const file = join(folder, 'bench.conf');
    writeFileSync(file, definitionText());
    const times: number[] = [];
    let rules = 0;
    for (let i = 0; i < runs; i++) {
      const { ms, definitions } = await measure(file);
      times.push(ms);
      rules = definitions.rules.length;
      if (definitions.problems.length > 0) throw new Error(JSON.stringify(definitions.problems[0]));
    }
    times.sort((a, b) => a - b);
    const parse_ms = times[Math.floor(runs / 2)] ?? 0;
    process.stderr.write(
      `${rules} rules are read in ${parse_ms.toFixed(0)} ms (median of ${runs}, ${times.map((t) => t.toFixed(0)).join(', ')})\n`,
    );
    process.stdout.write(`${JSON.stringify({ rules, parse_ms, times_ms: times })}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1]?.endsWith('definitions.js')) await main();
