// Builds the addon (build/Release) and the TypeScript (dist).
//   node scripts/build.mjs [addon|ts]... [--if-stale]
// Each output keeps a fingerprint (path, size, time) of its inputs, so that a second set-up costs
// some milliseconds and a deleted file counts as a change too.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { headersPrefix, root, run } from './setup.mjs';

const parts = {
  addon: {
    inputs: ['addon', 'binding.gyp', 'package-lock.json'],
    suffixes: ['.cc', '.h', '.gyp', '.json'],
    stamp: 'build/.fingerprint',
    output: 'build/Release/ndpi-node.node',
    build: buildAddon,
  },
  ts: {
    inputs: ['src', 'test', 'tsconfig.json', 'package.json', 'package-lock.json'],
    suffixes: ['.ts', '.json'],
    stamp: 'dist/.fingerprint',
    output: 'dist/src/daemon.js',
    build: buildTypeScript,
  },
};

function filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() || entry.isFile() ? filesUnder(join(path, entry.name)) : [],
  );
}

// What the addon is compiled against is an input too: another nDPI needs another addon.
function libraries() {
  const ask = (...options) => spawnSync('pkg-config', [...options, 'libndpi', 'libpcap']).stdout;
  return `${ask('--modversion')}${ask('--cflags', '--libs')}`;
}

function fingerprint(part) {
  const hash = createHash('sha256').update(process.version);
  if (part === parts.addon) hash.update(libraries()).update(process.env.CI ?? '');
  const files = part.inputs.flatMap(filesUnder).sort();
  for (const file of files.filter((f) => part.suffixes.some((s) => f.endsWith(s)))) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function isStale(part) {
  const stamp = join(root, part.stamp);
  if (!existsSync(join(root, part.output)) || !existsSync(stamp)) return true;
  return readFileSync(stamp, 'utf8') !== fingerprint(part);
}

function buildAddon() {
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const prefix = headersPrefix();
  // Without the headers beside the running node, node-gyp downloads them from nodejs.org.
  const nodedir = prefix ? [`--nodedir=${prefix}`] : [];
  // Configuring again is half a second and finds new and deleted files; make redoes only what changed.
  run(process.execPath, [gyp, 'configure', 'build', '--silent', '-j', '2', ...nodedir]);
}

function buildTypeScript() {
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root]);
  pruneOrphans();
  run(process.execPath, [join(root, 'scripts/types.mjs')]);
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of Object.values(bin))
    if (existsSync(join(root, file))) chmodSync(join(root, file), 0o755);
}

// tsc leaves the output of deleted sources behind, and mocha would go on running it.
function pruneOrphans() {
  for (const file of filesUnder('dist').filter((f) => /\.(js|js\.map|d\.ts)$/.test(f))) {
    const source = relative('dist', file).replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (!existsSync(join(root, source))) rmSync(join(root, file));
  }
}

export function build(names, { ifStale = false } = {}) {
  for (const name of names) {
    const part = parts[name];
    if (ifStale && !isStale(part)) continue;
    const before = fingerprint(part);
    part.build();
    mkdirSync(dirname(join(root, part.stamp)), { recursive: true });
    writeFileSync(join(root, part.stamp), before);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const names = args.filter((a) => !a.startsWith('-'));
  const unknown = names.find((n) => !(n in parts));
  if (unknown) {
    process.stderr.write(
      `build: no part named "${unknown}"; parts: ${Object.keys(parts).join(', ')}\n`,
    );
    process.exit(64);
  }
  build(names.length ? names : Object.keys(parts), { ifStale: args.includes('--if-stale') });
}
