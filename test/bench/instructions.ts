// `npm run bench:instructions`: what our own code costs, in callgrind instructions per packet, over a capture of
// some 100,000 packets; start-up (the same program over an empty capture) is subtracted. JSON to stdout.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enteredFromOutside, type Profile, readProfile } from './callgrind.js';
import { writeEmptyCapture } from './make-capture.js';
import { benchFolder, buildNative, ensureCapture, text } from './set-up.js';

const libraries = /^(libndpi|libpcap)\b/;
const limit = 400;
/** What a flow's record costs: its hash, writing its line and copying it out. The rest is the way of a packet. */
const records = [
  'dipper::Worker::write_purge(',
  'dipper::MessageWriter::community_hashes(',
  'dipper::Engine::drain(',
];
/** What our own dissectors read: hellos and what they need, keys of QUIC and hashes. It follows the flows, not the packets. */
const dissectors = ['dipper::Dissectors::examine('];

async function profile(
  capture: string,
  folder: string,
): Promise<{ profile: Profile; run: Record<string, number> }> {
  const out = join(folder, 'callgrind.out');
  const command = [
    '--tool=callgrind',
    `--callgrind-out-file=${out}`,
    '--quiet',
    join(benchFolder, 'engine-bench'),
    '--no-watch', // the looks at /proc are the bench's own
    capture,
  ];
  // Bound at start: a lazy first call would be booked under the loader instead of the caller.
  const env = { ...process.env, LD_BIND_NOW: '1' };
  const printed = execFileSync('valgrind', command, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!existsSync(out) || statSync(out).size === 0) throw new Error('callgrind wrote nothing');
  return { profile: await readProfile(out), run: JSON.parse(printed) as Record<string, number> };
}

const folder = mkdtempSync(join(tmpdir(), 'dipper-callgrind-'));
try {
  buildNative();
  const capture = ensureCapture('instructions', {
    shape: 'mixed',
    packets: 102_000,
    flows: 8_000,
    seed: 1,
  });
  const empty = join(folder, 'empty.pcap');
  writeEmptyCapture(empty);
  text('callgrind over the capture (a minute or two) and over an empty one');
  const whole = await profile(capture, folder);
  const start = await profile(empty, folder);
  const packets = whole.run.packets ?? 0;
  const perPacket = (of: (profile: Profile) => number): number =>
    (of(whole.profile) - of(start.profile)) / packets;

  const byObject = [...whole.profile.exclusive.keys()]
    .map((name) => [name, perPacket((p) => p.exclusive.get(name) ?? 0)] as const)
    .filter(([, cost]) => Math.abs(cost) >= 0.5)
    .sort(([, one], [, two]) => two - one);
  const total = perPacket((p) => p.total);
  const inLibraries = perPacket((p) => enteredFromOutside(p, libraries));
  const outside = total - inLibraries;
  const within = (starts: readonly string[]): number =>
    perPacket(({ functions }) =>
      [...functions].reduce(
        (sum, [name, cost]) => (starts.some((start) => name.startsWith(start)) ? sum + cost : sum),
        0,
      ),
    );
  const inRecords = within(records);
  const inDissectors = within(dissectors);
  const ours = outside - inDissectors;
  text(
    `instructions per packet: ${total.toFixed(0)}, ${packets} packets, ${whole.run.flows} flows`,
  );
  for (const [name, cost] of byObject)
    text(`  ${cost.toFixed(0).padStart(6)}  in the code of ${name}`);
  text(
    `  ${inLibraries.toFixed(0).padStart(6)}  in calls into libndpi and libpcap, with what they call`,
  );
  text(
    `  ${inDissectors.toFixed(0).padStart(6)}  in our own dissectors: ${((inDissectors * packets) / (whole.run.flows ?? 1)).toFixed(0)} a flow`,
  );
  text(
    `  ${ours.toFixed(0).padStart(6)}  besides: ours, with the C library and malloc on our behalf (limit ${limit})`,
  );
  text(
    `          of that ${(ours - inRecords).toFixed(0)} for the packets, ${inRecords.toFixed(0)} for the records of ${whole.run.flows} flows`,
  );
  const result = {
    packets,
    flows: whole.run.flows,
    total,
    in_ndpi_and_pcap: inLibraries,
    in_dissectors: inDissectors,
    outside: ours,
    outside_packets: ours - inRecords,
    outside_records: inRecords,
    limit,
    by_object: Object.fromEntries(byObject),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = ours <= limit ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
