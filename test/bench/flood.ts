// `npm run bench:flood`: a SYN flood from a million addresses against a running dipperd, with established connections
// beside it. Reports the most flows tracked, how many established connections were forgotten, how quickly the control
// socket answered meanwhile, when the table had recovered, and the most memory that was resident.
//   npm run bench:flood [-- --sources N] [--established N] [--max-flows N] [--seconds N]      as root; JSON to stdout
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askDaemon } from '../../src/daemon/control.js';
import { finished, Namespaces } from '../live/namespaces.js';
import { root, text } from './set-up.js';

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1500000' },
    established: { type: 'string', default: '10000' },
    'max-flows': { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '15' },
  },
});
const sources = Number(values.sources);
const established = Number(values.established);
const maxFlows = Number(values['max-flows']);
const seconds = Number(values.seconds);

/** A classic capture, frames written as they come. */
class CaptureWriter {
  readonly #file: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65535, 16);
    header.writeUInt32LE(1, 20);
    this.#add(header);
  }

  frame(bytes: Buffer): void {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(bytes.length, 8);
    header.writeUInt32LE(bytes.length, 12);
    this.#add(header);
    this.#add(bytes);
  }

  close(): void {
    this.#write();
    closeSync(this.#file);
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#size += part.length;
    if (this.#size > 1 << 22) this.#write();
  }

  #write(): void {
    writeSync(this.#file, Buffer.concat(this.#parts));
    this.#parts = [];
    this.#size = 0;
  }
}

interface Segment {
  from: number;
  to: number;
  fromPort: number;
  toPort: number;
  flags: number;
  sequence: number;
  payload?: string;
}

const syn = 0x02;
const ack = 0x10;
const push = 0x08;

/** An Ethernet frame with IPv4 and TCP; checksums are not looked at by who only listens, and left 0. */
function segment({ from, to, fromPort, toPort, flags, sequence, payload = '' }: Segment): Buffer {
  const bytes = Buffer.alloc(54 + payload.length);
  bytes.write('020000000002020000000001', 0, 'hex');
  bytes.writeUInt16BE(0x0800, 12);
  bytes[14] = 0x45;
  bytes.writeUInt16BE(40 + payload.length, 16);
  bytes[22] = 64;
  bytes[23] = 6;
  bytes.writeUInt32BE(from >>> 0, 26);
  bytes.writeUInt32BE(to >>> 0, 30);
  bytes.writeUInt16BE(fromPort, 34);
  bytes.writeUInt16BE(toPort, 36);
  bytes.writeUInt32BE(sequence >>> 0, 38);
  bytes[46] = 0x50;
  bytes[47] = flags;
  bytes.writeUInt16BE(65535, 48);
  bytes.write(payload, 54, 'latin1');
  return bytes;
}

const server = 0xc6336402; // 198.51.100.2
const client = (i: number): { address: number; port: number } => ({
  address: 0xc0a80000 + ((i % 200) + 10),
  port: 20_000 + Math.floor(i / 200),
});
const request = 'GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n';
const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello';

/** Handshake, a request and its answer for each connection; or one segment more each way. */
function writeEstablished(path: string, begin: boolean): void {
  const capture = new CaptureWriter(path);
  for (let i = 0; i < established; i++) {
    const { address, port } = client(i);
    const there = { from: address, to: server, fromPort: port, toPort: 80 };
    const back = { from: server, to: address, fromPort: 80, toPort: port };
    if (begin) {
      capture.frame(segment({ ...there, flags: syn, sequence: 1 }));
      capture.frame(segment({ ...back, flags: syn | ack, sequence: 1 }));
      capture.frame(segment({ ...there, flags: ack, sequence: 2 }));
      capture.frame(segment({ ...there, flags: ack | push, sequence: 2, payload: request }));
      capture.frame(segment({ ...back, flags: ack | push, sequence: 2, payload: answer }));
    } else {
      capture.frame(segment({ ...there, flags: ack, sequence: 2 + request.length }));
      capture.frame(segment({ ...back, flags: ack, sequence: 2 + answer.length }));
    }
  }
  capture.close();
}

function writeFlood(path: string): void {
  const capture = new CaptureWriter(path);
  for (let i = 0; i < sources; i++) {
    // Multiplied by an odd number: every address once, in no order (Knuth's multiplicative hash).
    const from = Math.imul(i, 0x9e3779b1) >>> 0;
    capture.frame(
      segment({
        from,
        to: server,
        fromPort: 1024 + (i % 60_000),
        toPort: 80,
        flags: syn,
        sequence: i,
      }),
    );
  }
  capture.close();
}

interface Totals {
  flows_active: number;
  flows_created: number;
  packets_read: number;
  kernel_dropped: number;
  flows_evicted: number;
}

const net = new Namespaces();
try {
  const from = net.add('tx');
  const to = net.add('rx');
  for (const namespace of [from, to]) net.sysctl(namespace, 'net.ipv6.conf.all.disable_ipv6=1');
  net.link(from, 'tx0', to, 'rx0');
  const [opening, keeping, flooding] = ['open.pcap', 'keep.pcap', 'flood.pcap'].map((name) =>
    join(net.folder, name),
  ) as [string, string, string];
  writeEstablished(opening, true);
  writeEstablished(keeping, false);
  writeFlood(flooding);

  const state = join(net.folder, 'state');
  mkdirSync(state, { recursive: true });
  const daemon = net.start(to, [
    ...[process.execPath, join(root, 'dist/src/daemon.js'), '-R', '-E', 'rx0', '-t', '-l'],
    ...['--set', `dipperd.path_state_volatile=${state}`, '--set', 'dipperd.user=root'],
    ...['--set', `dipperd.path_state_persistent=${state}`, '--set', 'dipperd.log_level=error'],
    ...['--set', `dipperd.max_flows=${maxFlows}`],
  ]);
  const ended = finished(daemon, 600_000);
  const socket = join(state, 'control.sock');
  const latencies: number[] = [];
  const totals = async (): Promise<Totals> => {
    const begin = performance.now();
    const { data } = (await askDaemon(socket, 'status')) as unknown as {
      data: { captures: { counters: { totals: Totals } }[] };
    };
    latencies.push(performance.now() - begin);
    return (data.captures[0] as { counters: { totals: Totals } }).counters.totals;
  };
  for (let tries = 0; tries < 100; tries++) {
    await sleep(100);
    if (await totals().catch(() => undefined)) break;
  }
  const send = async (file: string, ...rate: string[]): Promise<void> => {
    const words = ['tcpreplay', '-q', '-i', 'tx0', ...rate, '--preload-pcap', file];
    const { code, stderr } = await finished(net.start(from, words), 600_000);
    if (code !== 0) throw new Error(`tcpreplay: ${stderr}`);
  };

  await send(opening, '--pps=20000');
  await sleep(500);
  const quiet = await totals();
  latencies.length = 0;
  let most = 0;
  let flooded = false;
  const flood = send(flooding, '--topspeed', '--loop=0', `--duration=${seconds}`).then(() => {
    flooded = true;
  });
  // What real connections do meanwhile: a segment each way every few seconds.
  const keep = (async () => {
    while (!flooded) {
      await send(keeping, '--pps=20000');
      await sleep(2000);
    }
  })();
  while (!flooded) {
    most = Math.max(most, (await totals()).flows_active);
    await sleep(100);
  }
  await Promise.all([flood, keep]);
  const during = latencies.splice(0);
  const end = Date.now();
  const before = await totals();
  await send(keeping, '--pps=20000');
  await sleep(500);
  const after = await totals();
  const forgotten = after.flows_created - before.flows_created;
  let recovered = Number.NaN;
  while (Date.now() - end < 60_000) {
    if ((await totals()).flows_active < maxFlows * 0.5) {
      recovered = (Date.now() - end) / 1000;
      break;
    }
    await sleep(100);
  }
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  const peak = Number(status.match(/VmHWM:\s+(\d+)/)?.[1]) / 1000;
  daemon.kill('SIGTERM');
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`dipperd ended with ${code}: ${stderr}`);
  during.sort((a, b) => a - b);
  const result = {
    max_flows: maxFlows,
    packets: after.packets_read - quiet.packets_read,
    packets_lost: after.kernel_dropped - quiet.kernel_dropped,
    most_flows: most,
    evicted: after.flows_evicted,
    established,
    established_forgotten: forgotten,
    status_ms: { median: during[during.length >> 1], longest: during.at(-1) },
    recovered_s: recovered,
    peak_rss_mb: peak,
  };
  text(`${result.packets} packets in ${seconds} s, ${result.packets_lost} lost by the kernel`);
  text(`most flows at a time: ${most} of ${maxFlows}; ${result.evicted} evicted`);
  text(`established connections forgotten: ${forgotten} of ${established}`);
  text(`status answered in ${result.status_ms.longest?.toFixed(0)} ms at most`);
  text(`half of the table was free ${recovered} s after the flood; peak RSS ${peak.toFixed(0)} MB`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await net.close();
}
