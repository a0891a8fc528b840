// The programs that tests drive, real clients and servers, and Debian's packages for them.
import { spawnSync } from 'node:child_process';
import { fail, run } from './setup.mjs';

const packages = {
  ip: 'iproute2',
  ss: 'iproute2',
  ping: 'iputils-ping',
  pgrep: 'procps',
  sysctl: 'procps',
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
  udhcpc: 'udhcpc',
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

// Those that `npm test` drives, on a socket or a file of its own: they need no rights.
export const clients = ['nc', 'jq', 'openssl', 'tcpdump'];
export const all = Object.keys(packages);

const present = (program) =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;

// Debian's packages for those that are not here. Looks in the folders of system programs, too, from now on.
export function missingPackages(programs) {
  if (!process.env.PATH?.split(':').includes('/usr/sbin'))
    process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  return [...new Set(programs.filter((name) => !present(name)).map((name) => packages[name]))];
}

// Whether this user can have packages installed.
export const canInstall = () => process.getuid?.() === 0 && present('apt-get');

// As root. No daemon that a package brings starts: tests start their own, in namespaces.
export function install(missing, purpose) {
  if (missing.length === 0) return;
  if (!canInstall()) fail(`missing: ${missing.join(' ')} (Debian's names)`);
  process.stderr.write(`${purpose}: installing ${missing.join(' ')}\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['-qq', 'update'], { env });
  const quiet = ['-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Options::=--force-confold'];
  run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...quiet, ...missing], {
    env,
    quiet: true,
  });
}
