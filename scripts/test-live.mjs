// `npm run test:live`: what needs root and network namespaces. Installs the programs that the tests drive (Debian), then
// runs test/live one file after another: namespaces are real, and so are the clients and servers in them.
//   npm run test:live [-- FILE-PART...]     only the files whose names contain one of these words
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EX_UNAVAILABLE, fail, root, run, setup } from './setup.mjs';

// Program -> Debian's package for it.
const programs = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  curl: 'curl',
  dig: 'bind9-dnsutils',
  openssl: 'openssl',
  ssh: 'openssh-client',
  '/usr/sbin/sshd': 'openssh-server',
  rsync: 'rsync',
  chronyd: 'chrony',
  nginx: 'nginx-light',
  dnsmasq: 'dnsmasq-base',
  nc: 'netcat-openbsd',
  socat: 'socat',
  jq: 'jq',
  tcpdump: 'tcpdump',
  tcpreplay: 'tcpreplay',
  ndpiReader: 'libndpi-bin',
  setpriv: 'util-linux',
  'systemd-analyze': 'systemd',
  shellcheck: 'shellcheck',
  mandoc: 'mandoc',
};

const present = (program) =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;

if (process.getuid?.() !== 0)
  fail('test:live makes network namespaces: run it as root (sudo npm run test:live)', 77);
process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const missing = Object.keys(programs).filter((program) => !present(program));
if (missing.length > 0) {
  const packages = missing.map((program) => programs[program]);
  if (!present('apt-get')) fail(`missing: ${packages.join(' ')} (Debian's names)`, EX_UNAVAILABLE);
  process.stderr.write(`test:live: installing ${packages.join(' ')}\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  // No daemon that a package brings may start here: the tests start their own, in namespaces.
  const policy = ['-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Options::=--force-confold'];
  run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...policy, ...packages], {
    env: { ...env, RUNLEVEL: '1' },
    quiet: true,
  });
}
await setup();

const folder = join(root, 'dist/test/live');
const words = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join(folder, name));
const mocha = ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--no-color', '--exit'];
const { status, stdout } = spawnSync(process.execPath, [...mocha, ...files], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
process.stdout.write(stdout);
const count = (word) => Number(stdout.match(new RegExp(`^ +(\\d+) ${word}\\b`, 'm'))?.[1] ?? 0);
process.stdout.write(
  `${count('passing')} passed, ${count('failing')} failed, ${count('pending')} skipped\n`,
);
process.exitCode = status ?? 1;
