// A long run: replayed traffic whose addresses change with every round, a client that reads, others that come and go with
// a snapshot each, everything saved that can be. Is memory the same at its end? Needs root.
//   npm run soak -- [--minutes 30] [--pps 2000]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Dipperd } from '../live/dipperd.js';
import { Namespaces } from '../live/namespaces.js';
import { slopeOf } from './slope.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    pps: { type: 'string', default: '2000' },
  },
});
const minutes = Number(values.minutes);
const pps = Number(values.pps);
const sampleS = 10;
const golden = resolve(import.meta.dirname, '../../../test/golden');
/** Addresses are rewritten each round; a round of the first has 300 flows of a household. */
const captures = ['browsing', 'portscan', 'rsync_other_port', 'mqtt', 'udp_fragments'] as const;

const settings = [
  ...['json_save=yes', 'json_save_history=3', 'capture_unknown_flows=yes'],
  ...['capture_unknown_budget=4M', 'update_interval=5', 'ttl_idle_flow=5'],
  ...['ttl_idle_tcp_flow=15', 'ttl_closed_tcp_flow=2'],
].map((one) => `dipperd.${one}`);

/** Counts the messages of the stream and the numbers that are missing between them; cheap enough for a long run. */
const counter = `
let rest = '', last = 0, messages = 0, missing = 0;
require('net').connect(7150, '127.0.0.1').setEncoding('latin1').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const seq = Number(line.match(/^\\{"seq":(\\d+)/)?.[1] ?? 0);
    if (seq === 0) continue;
    messages += 1;
    if (last > 0 && seq > last + 1) missing += seq - last - 1;
    last = seq;
  }
}).on('close', () => console.log(JSON.stringify({ messages, missing })));
`;

const residentKb = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);

const net = new Namespaces();
try {
  const [here, there] = [net.add('a'), net.add('b')];
  net.link(here, 'a0', there, 'b0');
  const daemon = await new Dipperd(net, there, [
    ...['-I', 'b0', '--set', 'socket.listen_address[0]=127.0.0.1'],
    ...['--set', 'socket.dump_unknown_flows=yes', '--set', 'socket.dump_established_flows=yes'],
    ...settings.flatMap((one) => ['--set', one]),
  ]).start();
  const reader = net.start(there, [process.execPath, '-e', counter]);
  let counted = '';
  reader.stdout?.on('data', (text: Buffer) => {
    counted += text.toString();
  });
  for (const name of captures)
    net.start(here, [
      ...['tcpreplay', '-q', '-T', 'nano', '-i', 'a0', '--loop=0', '--unique-ip', '--preload-pcap'],
      ...[`--pps=${Math.round(pps / captures.length)}`, join(golden, `${name}.pcap`)],
    ]);

  const totals = async (): Promise<Record<string, number>> =>
    (await daemon.captures())[0]?.counters.totals ?? {};

  const samples: [number, number][] = [];
  const began = Date.now();
  const end = began + minutes * 60_000;
  for (let round = 1; Date.now() < end; round++) {
    await sleep(began + round * sampleS * 1000 - Date.now());
    // A client that comes for the snapshot and leaves.
    net.start(there, ['sh', '-c', 'timeout 3 nc 127.0.0.1 7150 | wc -l']);
    if (round % 6 === 0) daemon.signal('SIGHUP');
    const kb = residentKb(daemon.pid);
    samples.push([(Date.now() - began) / 1000, kb]);
    const { packets_read, kernel_dropped, flows_active, flows_created, events_lost } =
      await totals();
    process.stdout.write(
      `${samples.at(-1)?.[0].toFixed(0)} s: ${kb} kB, ${flows_active} flows of ${flows_created}, ` +
        `${packets_read} packets, ${kernel_dropped} lost, ${events_lost} messages lost, ` +
        `load ${loadavg()[0]?.toFixed(1)}\n`,
    );
  }
  const all = await totals();
  const { code, stderr } = await daemon.stop();
  assert.equal(code, 0, stderr);
  for (let i = 0; i < 100 && counted === ''; i++) await sleep(50);
  const second = samples.slice(Math.floor(samples.length / 2));
  const { mean, perSecond, growth } = slopeOf(second);
  const flat = Math.abs(growth) <= 0.02;
  const machine = execFileSync('nproc', { encoding: 'utf8' }).trim();
  process.stdout.write(
    `${minutes} minutes, ${all.packets_read} packets in ${all.flows_created} flows on ${machine} processors: ` +
      `${all.kernel_dropped} packets lost, ${all.events_lost} messages lost before the stream; ` +
      `reader: ${counted.trim()}\n` +
      `second half: mean ${(mean / 1024).toFixed(1)} MB, slope ${(perSecond * 3600).toFixed(0)} kB an hour, ` +
      `${(growth * 100).toFixed(2)} % over ${second.length} samples: ${flat ? 'flat within 2 %' : 'NOT FLAT'}\n`,
  );
  process.exitCode = flat ? 0 : 1;
} finally {
  await net.close();
}
