// Brings a bare clone to where `npm start` and `npm test` can run: system packages, npm packages,
// built addon and TypeScript. Runs before node_modules exists, so it imports nothing but Node.
//   node scripts/setup.mjs
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const EX_UNAVAILABLE = 69;

export function fail(message, code = EX_UNAVAILABLE) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

// Runs a step with its output shown (on stderr: standard output belongs to the command's result)
// and ends the process when it fails.
export function run(command, args, { env = {}, quiet = false } = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', quiet ? 'ignore' : 2, 2],
  });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(`failed (${signal ?? `exit ${status}`}): ${command} ${args.join(' ')}`, 1);
}

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const hasLibrary = (condition) => () => succeeds('pkg-config', '--exists', condition);
// CXX may be two words, such as `ccache g++`.
const hasCommand = (command) => () => succeeds(...command.split(/\s+/), '--version');

// What the build needs, how to see that it is there, and Debian's package for it.
const needs = [
  { package: 'g++', present: hasCommand(process.env.CXX ?? 'g++') },
  { package: 'make', present: hasCommand('make') },
  { package: 'python3', present: hasCommand('python3') },
  { package: 'pkg-config', present: hasCommand('pkg-config') },
  { package: 'libndpi-dev', present: hasLibrary('libndpi >= 4.2') },
  { package: 'libpcap-dev', present: hasLibrary('libpcap') },
  { package: 'zlib1g-dev', present: hasLibrary('zlib') },
];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node.js 20.19 or later is needed, this is ${process.version}: see https://nodejs.org/en/download`,
  );
}

function installSystemPackages() {
  const missing = needs.filter((need) => !need.present()).map((need) => need.package);
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!succeeds('apt-get', '--version')) {
    fail(`missing, by their Debian names: ${missing.join(' ')}; install them and run this again`);
  }
  if (!isRoot) {
    fail(
      `missing system packages; install them with\n\n  sudo apt-get install -y ${missing.join(' ')}\n`,
    );
  }
  process.stderr.write(`setup: installing ${missing.join(' ')}\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...missing], { env });
  const still = needs.filter((need) => !need.present()).map((need) => need.package);
  if (still.length > 0)
    fail(`still missing after apt-get install: ${still.join(' ')} (libndpi >= 4.2 is needed)`);
}

// The prefix whose include/node holds the headers of the running node, or undefined.
export function headersPrefix() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined;
}

function installNpmPackages() {
  const stamp = join(root, 'node_modules/.dipper-setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules) // cap is built for one module version of Node
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('setup: npm ci\n');
  const prefix = headersPrefix();
  run(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      // For the build of cap: use the headers that are here instead of downloading them.
      env: prefix ? { npm_config_nodedir: prefix } : {},
    },
  );
  writeFileSync(stamp, wanted);
}

export async function setup() {
  checkNode();
  installSystemPackages();
  installNpmPackages();
  const { build } = await import('./build.mjs');
  build(['addon', 'ts'], { ifStale: true });
}

// No await: build.mjs imports this file, and would wait for it for ever.
if (process.argv[1] === fileURLToPath(import.meta.url)) void setup();
