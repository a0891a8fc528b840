// `npm run bench:live`: what a live capture loses. A veth pair in namespaces of its own; tcpreplay sends a capture of real
// traffic into it. First the highest rate at which `tcpdump -w /dev/null` loses nothing is found by halving steps; then
// dipperd and ndpiReader listen in turn at that rate. Lost = sent by the kernel's own counter - seen by the program.
//   npm run bench:live [-- --pairs N] [--seconds N] [--rate PPS] [--file CAPTURE]      as root; JSON to stdout
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askDaemon } from '../../src/daemon/control.js';
import { finished, Namespaces } from '../live/namespaces.js';
import { defaults } from './make-capture.js';
import { median } from './pairs.js';
import { ensureCapture, root, text } from './set-up.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string' },
    file: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

interface Run {
  sent: number;
  sent_pps: number;
  seen: number;
  lost: number;
  /** What the program itself says that it lost; null where it does not say. */
  lost_said: number | null;
}

const net = new Namespaces();
const from = net.add('tx');
const to = net.add('rx');
for (const namespace of [from, to]) net.sysctl(namespace, 'net.ipv6.conf.all.disable_ipv6=1');
net.link(from, 'tx0', to, 'rx0');
for (const [namespace, device] of [
  [from, 'tx0'],
  [to, 'rx0'],
] as const)
  net.ip(namespace, `link set ${device} mtu 65535`);

const received = (): number => {
  const [link] = JSON.parse(net.ip(to, '-j -s link show rx0')) as [
    { stats64: { rx: { packets: number } } },
  ];
  return link.stats64.rx.packets;
};

/** Sends for `seconds` at `pps` (0 = as fast as it goes); returns how many packets reached the interface, and the rate. */
async function send(file: string, pps: number): Promise<{ sent: number; pps: number }> {
  const before = received();
  const begin = process.hrtime.bigint();
  const rate = pps === 0 ? ['--topspeed'] : [`--pps=${pps}`];
  const child = net.start(from, [
    ...['tcpreplay', '-q', '-i', 'tx0', ...rate, '--loop=0', `--duration=${seconds}`],
    ...['--no-flow-stats', '--preload-pcap', file],
  ]);
  const { code, stderr } = await finished(child, (seconds + 60) * 1000);
  if (code !== 0) throw new Error(`tcpreplay: ${stderr}`);
  const sent = received() - before;
  return { sent, pps: sent / (Number(process.hrtime.bigint() - begin) / 1e9) };
}

async function tcpdump(file: string, pps: number): Promise<Run> {
  const child = net.start(to, ['tcpdump', '-i', 'rx0', '-n', '-B', '32768', '-w', '/dev/null']);
  const end = finished(child, (seconds + 90) * 1000);
  await sleep(700);
  const { sent, pps: sentPps } = await send(file, pps);
  await sleep(2000); // on SIGINT it leaves what waits in its ring
  child.kill('SIGINT');
  const { stderr } = await end;
  const number = (words: string): number =>
    Number(stderr.match(new RegExp(`(\\d+) packets? ${words}`))?.[1] ?? Number.NaN);
  const seen = number('captured');
  return {
    ...{ sent, sent_pps: sentPps, seen, lost: sent - seen },
    lost_said: number('dropped by kernel'),
  };
}

async function ndpiReader(file: string, pps: number): Promise<Run> {
  const child = net.start(to, ['ndpiReader', '-i', 'rx0', '-s', String(seconds + 6)]);
  const end = finished(child, (seconds + 90) * 1000);
  await sleep(1500);
  const { sent, pps: sentPps } = await send(file, pps);
  const { stdout } = await end;
  // "IP packets: N of M packets total": M are those that it was given.
  const ip = Number(stdout.match(/IP packets:\s+\d+\s+of (\d+) packets total/)?.[1] ?? Number.NaN);
  return { sent, sent_pps: sentPps, seen: ip, lost: sent - ip, lost_said: null };
}

interface Status {
  data: {
    captures: { counters: { totals: Record<string, number> } }[];
  };
}

async function dipperd(file: string, pps: number): Promise<Run> {
  const state = join(net.folder, 'state');
  mkdirSync(state, { recursive: true });
  const child = net.start(to, [
    ...[process.execPath, join(root, 'dist/src/daemon.js'), '-R', '-E', 'rx0', '-t', '-l'],
    ...['--set', `dipperd.path_state_volatile=${state}`],
    ...['--set', `dipperd.path_state_persistent=${state}`],
    ...['--set', 'dipperd.log_level=error', '--set', 'dipperd.user=root'],
  ]);
  const end = finished(child, (seconds + 90) * 1000);
  const socket = join(state, 'control.sock');
  const totals = async (): Promise<Record<string, number>> => {
    const answer = (await askDaemon(socket, 'status')) as unknown as Status;
    return answer.data.captures[0]?.counters.totals ?? {};
  };
  for (let tries = 0; tries < 100; tries++) {
    await sleep(100);
    if (await totals().catch(() => undefined)) break;
  }
  const before = await totals();
  const { sent, pps: sentPps } = await send(file, pps);
  await sleep(1000);
  const after = await totals();
  child.kill('SIGTERM');
  const { code, stderr } = await end;
  if (code !== 0) throw new Error(`dipperd ended with ${code}: ${stderr}`);
  const grown = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
  const seen = grown('packets_read');
  return {
    ...{ sent, sent_pps: sentPps, seen, lost: sent - seen },
    lost_said: grown('kernel_dropped'),
  };
}

const share = ({ sent, lost }: Run): string => `${((100 * lost) / sent).toFixed(3)} %`;

/** The highest rate at which tcpdump lost nothing, between nothing and full speed. */
async function highestRate(file: string): Promise<number> {
  const full = await tcpdump(file, 0);
  text(`tcpdump at full speed, ${full.sent_pps.toFixed(0)} packets/s: lost ${share(full)}`);
  if (full.lost === 0) return 0;
  let good = 0;
  let bad = full.sent_pps;
  for (let step = 0; step < 6; step++) {
    const rate = Math.round((good + bad) / 2);
    const run = await tcpdump(file, rate);
    text(`tcpdump at ${run.sent_pps.toFixed(0)} packets/s: lost ${run.lost}`);
    if (run.lost === 0) good = rate;
    else bad = rate;
  }
  return good;
}

/** A copy in which every frame is as long as its bytes: nobody can send what a capture has cut off. */
function sendable(path: string): string {
  const bytes = readFileSync(path);
  for (let at = 24; at + 16 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8))
    bytes.copy(bytes, at + 12, at + 8, at + 12);
  const copy = join(net.folder, 'sendable.pcap');
  writeFileSync(copy, bytes);
  return copy;
}

try {
  // Frames as on a wire: what a tunnel or an offload made larger than the link's MTU cannot be sent.
  const file =
    values.file ??
    sendable(ensureCapture('live', { ...defaults.mixed, packets: 200_000, flows: 15_000 }));
  execFileSync('tcpreplay', ['--version'], { stdio: 'ignore' });
  const rate = values.rate === undefined ? await highestRate(file) : Number(values.rate);
  const runs: { dipperd: Run[]; ndpiReader: Run[] } = { dipperd: [], ndpiReader: [] };
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    runs.dipperd.push(await dipperd(file, rate));
    runs.ndpiReader.push(await ndpiReader(file, rate));
  }
  for (const [name, list] of Object.entries(runs)) {
    const lost = median(list.map((run) => (100 * run.lost) / run.sent));
    const pps = median(list.map((run) => run.sent_pps));
    const said = list.map((run) => run.lost_said ?? 'not said').join(', ');
    text(`${name} at ${pps.toFixed(0)} packets/s: lost ${lost.toFixed(3)} % (it says: ${said})`);
  }
  process.stdout.write(`${JSON.stringify({ rate, seconds, ...runs })}\n`);
} finally {
  await net.close();
}
