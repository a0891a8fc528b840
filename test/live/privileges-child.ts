// The process under test of privileges.test.ts: started as root in a namespace, with threads of every kind running, it
// drops to `nobody` and reports as JSON what it and its opener can still do. Arguments: interface, capture file.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { ConntrackMonitor } from '../../src/capture/conntrack.js';
import { Engine } from '../../src/capture/engine.js';
import { Opener } from '../../src/capture/opener.js';
import { current, drop } from '../../src/capture/privileges.js';

/** Binds the packet socket that it inherits as descriptor 3 and waits for one frame with the marker in it. */
const receiver = `
import socket, sys
s = socket.socket(fileno=3)
s.bind((sys.argv[1], 3))
s.setblocking(True)
s.settimeout(10)
print('bound', flush=True)
while b'dipper-marker' not in s.recv(65536): pass
print('received', flush=True)
`;

/** socket(2) itself, in a process with our rights. */
const opens = (family: string) => `
import socket
try:
    ${family}
    print('opened')
except PermissionError:
    print('EPERM')
`;

function python(program: string, args: string[], descriptor?: number): Promise<string> {
  const stdio = ['ignore', 'pipe', 'inherit', ...(descriptor === undefined ? [] : [descriptor])];
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/python3', ['-c', program, ...args], {
      stdio: stdio as ('ignore' | 'pipe' | 'inherit' | number)[],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (descriptor !== undefined) process.stderr.write(text);
    });
    child.once('error', reject);
    child.once('close', () => resolve(output.trim()));
  });
}

/** The lines of every thread's status that matter, one string a thread. */
export function threads(pid: number | 'self'): string[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).map((tid) => {
    const status = readFileSync(`${folder}/${tid}/status`, 'utf8');
    const lines = status
      .split('\n')
      .filter((line) => /^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)|NoNewPrivs):/.test(line));
    return lines.map((line) => line.trim().replaceAll('\t', ' ')).join('; ');
  });
}

async function drain(engine: Engine): Promise<void> {
  for await (const _ of engine.chunks());
}

const packet = 'socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)';

async function main(): Promise<void> {
  const [, , interfaceName = 'lo', capture = ''] = process.argv;
  // Threads of all kinds: libuv's pool, a worker with its own event loop, the engine's reader and workers.
  await Promise.all([...Array(8)].map(() => readFile('/proc/self/status')));
  const worker = new Worker(new URL(import.meta.url));
  const engine = new Engine({ source: { type: 'pcap-file', path: capture }, workers: 2 });
  const opener = new Opener({ runAs: { user: 'nobody' }, conntrack: true });
  const before = { ...current(), openerThreads: threads(opener.pid) };
  const dropped = drop({ user: 'nobody' });
  const descriptor = opener.requestPacketSocket();
  const conntrack = new ConntrackMonitor({ descriptor: opener.requestConntrackSocket() });
  const ring = new Engine({
    source: {
      type: 'packet-ring',
      interface: interfaceName,
      descriptor: opener.requestPacketSocket(),
    },
  });
  const lines = drain(ring);
  const report = {
    before,
    dropped,
    threads: threads('self'),
    socketAfterDrop: await python(opens(packet), []),
    received: await python(receiver, [interfaceName], descriptor),
    ringPackets: ring.counters().totals.packets_read,
    ringState: ring.sourceState(),
    conntrack: conntrack.state().state,
    again: drop({ user: 'daemon' }).how,
  };
  conntrack.close();
  opener.close();
  await Promise.all([engine.stop(), ring.stop(), lines]);
  await worker.terminate();
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

if (isMainThread) {
  if (process.argv[1]?.endsWith('privileges-child.js')) await main();
} else setInterval(() => {}, 1000);
