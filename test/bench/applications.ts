// `npm run bench:applications`: definitions of 100,000 domain rules and 50,000 prefixes. How long they take from files to the
// native table, what they cost in memory, and what a lookup takes. JSON to stdout, words to stderr.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applicationColumns } from '../../src/applications/columns.js';
import { loadDefinitions } from '../../src/applications/load.js';
import { loadApplications } from '../../src/applications/table.js';
import { benchFolder, buildNative, text } from './set-up.js';

const [domains, prefixes, applications, asked] = [100_000, 50_000, 1000, 20_000];
const limits = { load_s: 2, memory_mb: 30, lookup_ns: 150 };

/** xorshift32: the same set on every machine. */
let state = 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const letters = 'abcdefghijklmnopqrstuvwxyz';
const word = (least: number, most: number): string =>
  Array.from({ length: least + random(most - least + 1) }, () => letters[random(26)]).join('');
const domain = (): string => `${word(4, 12)}.${['com', 'net', 'org', 'io', 'co.uk'][random(5)]}`;
const address4 = (): string => [1 + random(223), random(256), random(256), 0].join('.');
const address6 = (): string =>
  `2${random(4096).toString(16).padStart(3, '0')}:${random(65536).toString(16)}:${random(65536).toString(16)}::`;

/** Writes the files; returns names and addresses to ask for: half of them known, names with one to three labels more. */
function writeFiles(folder: string): string[] {
  const names = Array.from({ length: domains }, domain);
  const networks = Array.from({ length: prefixes }, (_, i) =>
    i % 5 === 0 ? `${address6()}/${32 + 4 * random(5)}` : `${address4()}/${16 + random(9)}`,
  );
  const lines = Array.from({ length: applications }, (_, i) => `app:${200000 + i}:bench.app${i}`);
  for (const name of names) lines.push(`dom:${200000 + random(applications)}:${name}`);
  for (const network of networks) lines.push(`net:${200000 + random(applications)}:${network}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'bench.conf'), `${lines.join('\n')}\n`);
  return Array.from({ length: asked }, (_, i) => {
    if (i % 4 === 3)
      return i % 8 === 3 ? address4() : (networks[random(prefixes)]?.split('/')[0] ?? '');
    const base = i % 2 === 0 ? (names[random(domains)] ?? '') : domain();
    return `${['www.', 'api.eu-1.', 'a.b.cdn.', ''][random(4)]}${base}`;
  });
}

/** Columns as columns_file.h reads them. */
function columnsFile(columns: Readonly<Record<string, Uint8Array | Uint32Array>>): Buffer {
  const parts = Object.values(columns).flatMap((column) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(column.byteLength));
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    return [size, bytes, Buffer.alloc((8 - (column.byteLength % 8)) % 8)];
  });
  return Buffer.concat(parts);
}

function anonymousBytes(): number {
  const rows = readFileSync('/proc/self/smaps_rollup', 'utf8');
  return 1024 * Number(/^Anonymous:\s+(\d+)/m.exec(rows)?.[1] ?? 0);
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dipper-applications-'));
try {
  buildNative();
  const sources = { directories: [join(folder, 'applications.d')] };
  const questions = writeFiles(sources.directories[0] ?? '');
  await settled();
  const before = { anonymous: anonymousBytes(), heap: process.memoryUsage().heapUsed };
  const start = performance.now();
  const loaded = await loadApplications(sources);
  const load_s = (performance.now() - start) / 1000;
  await settled();
  const kept = loaded.table.bytes + Math.max(0, process.memoryUsage().heapUsed - before.heap);
  const grown = anonymousBytes() - before.anonymous;

  const path = join(folder, 'columns');
  const columns = await applicationColumns(await loadDefinitions(sources));
  writeFileSync(path, columnsFile(columns as unknown as Record<string, Uint8Array | Uint32Array>));
  const program = join(benchFolder, 'applications-bench');
  const native = JSON.parse(
    execFileSync(program, [path, '50'], { input: `${questions.join('\n')}\n`, encoding: 'utf8' }),
  ) as Record<string, number>;

  const result = {
    rules: loaded.rules,
    problems: loaded.problems.length,
    load_s,
    table_bytes: loaded.table.bytes,
    kept_bytes: kept,
    process_grown_bytes: grown,
    ...native,
    limits,
  };
  const { create_ms = 0, name_ns = 0, address_ns = 0 } = native;
  text(`${loaded.rules} rules, ${loaded.problems.length} remarks`);
  text(
    `  ${load_s.toFixed(2)} s from files to table (limit ${limits.load_s}); ${create_ms.toFixed(0)} ms of it in native code`,
  );
  text(
    `  ${(kept / 1e6).toFixed(1)} MB kept (limit ${limits.memory_mb}), ${(loaded.table.bytes / 1e6).toFixed(1)} MB of it native; ` +
      `the process has grown by ${(grown / 1e6).toFixed(1)} MB`,
  );
  text(
    `  ${name_ns.toFixed(0)} ns for a name, ${address_ns.toFixed(0)} ns for an address (limit ${limits.lookup_ns})`,
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
  const within =
    load_s <= limits.load_s &&
    kept <= limits.memory_mb * 1e6 &&
    Math.max(name_ns, address_ns) <= limits.lookup_ns;
  process.exitCode = within ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
