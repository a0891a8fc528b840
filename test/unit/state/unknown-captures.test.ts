// Captures of unknown flows: readable by tcpdump (where it is installed) and by our own reader, within the budget.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { Engine } from '../../../src/capture/engine.js';
import type { FlowPurge } from '../../../src/messages/index.js';
import { StateDirectory } from '../../../src/state/directory.js';
import { UnknownCaptures } from '../../../src/state/unknown-captures.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { needsPrograms } from '../programs.js';
import { Scratch } from './scratch.js';

/** An Ethernet frame with a UDP datagram from 192.0.2.1:1000 to 198.51.100.1:2000. */
function frame(payload: string): Buffer {
  const ip = Buffer.from('4500000000000000401100 00c0000201c6336401'.replace(' ', ''), 'hex');
  ip.writeUInt16BE(28 + payload.length, 2);
  const udp = Buffer.from('03e807d000000000', 'hex');
  udp.writeUInt16BE(8 + payload.length, 4);
  const ethernet = Buffer.from('0200000000020200000000010800', 'hex');
  return Buffer.concat([ethernet, ip, udp, Buffer.from(payload)]);
}

const start = 1_700_000_000_123_456_789n;
const line = (digest: string, frames: readonly Buffer[], more: object = {}) =>
  Buffer.from(
    `${JSON.stringify({
      type: 'unknown_packets',
      digest: digest.padEnd(40, '0'),
      link_type: 1,
      packets: frames.map((bytes, i) => [
        String(start + BigInt(i)),
        bytes.length,
        bytes.toString('base64'),
      ]),
      ...more,
    })}\n`,
  );

describe('captures of unknown flows', function () {
  this.timeout(20_000); // programs and fsync on a busy machine
  let scratch: Scratch;
  let directory: StateDirectory;
  let failures: WriteFailures;
  beforeEach(async () => {
    scratch = new Scratch();
    directory = await StateDirectory.open(scratch.path, { log: scratch.log });
    failures = new WriteFailures(scratch.log);
  });
  afterEach(() => scratch.remove());
  const open = (bytes = 1e6, files = 100) =>
    UnknownCaptures.open({ directory, bytes, files, failures, log: scratch.log });

  it('are files that our own reader and tcpdump read', async function () {
    needsPrograms(this, 'tcpdump');
    const captures = await open();
    captures.add(line('0123abcd', [frame('one'), frame('two two')]));
    await captures.settled();
    assert.deepEqual(readdirSync(scratch.path), ['nd-flow-0123abcd.cap']);
    const path = scratch.in('nd-flow-0123abcd.cap');
    const messages: FlowPurge[] = [];
    const engine = new Engine({ source: { type: 'pcap-file', path }, events: ['expired'] });
    for await (const batch of engine.events()) messages.push(...(batch as FlowPurge[]));
    assert.deepEqual(
      messages.map(({ flow }) => [flow.local_port + flow.other_port, flow.total_packets]),
      [[3000, 2]],
    );
    const dump = spawnSync('tcpdump', ['-r', path, '-nn', '-tt', '--nano'], { encoding: 'utf8' });
    assert.match(dump.stderr, /link-type EN10MB/);
    assert.match(
      dump.stdout,
      /^1700000000\.123456789 IP 192\.0\.2\.1\.1000 > 198\.51\.100\.1\.2000: UDP, length 3\n1700000000\.123456790 .*length 7\n$/,
    );
  });

  it('say raw IP as files do', async () => {
    const captures = await open();
    captures.add(line('aa', [frame('x').subarray(14)], { link_type: 12 }));
    await captures.settled();
    assert.equal(readFileSync(scratch.in('nd-flow-aa000000.cap')).readUInt32LE(20), 101);
  });

  it('get names of their own when digests begin alike', async () => {
    const captures = await open();
    for (let n = 0; n < 101; n += 1) {
      captures.add(line('ffffffff', [frame(String(n))]));
      if (n % 50 === 0) await captures.settled();
    }
    await captures.settled();
    assert.equal(readdirSync(scratch.path).length, 99);
    assert.ok(readdirSync(scratch.path).includes('nd-flow-ffffffff-2.cap'));
    assert.deepEqual([captures.counters.written, captures.counters.dropped], [99, 2]);
  });

  it('stay within the bytes and the files, the oldest go', async () => {
    const captures = await open(500, 100);
    for (const digest of ['11111111', '22222222', '33333333', '44444444', '55555555'])
      captures.add(line(digest, [frame('x'.repeat(100))])); // 182 bytes each
    await captures.settled();
    assert.deepEqual(readdirSync(scratch.path), ['nd-flow-44444444.cap', 'nd-flow-55555555.cap']);
    assert.deepEqual([captures.files, captures.bytes], [2, 364]);
    captures.add(line('66666666', [frame('x'.repeat(400))]));
    await captures.settled();
    assert.deepEqual([captures.files, captures.counters.dropped], [1, 0]);
    captures.add(line('77777777', [frame('x'.repeat(600))]));
    await captures.settled();
    assert.deepEqual([captures.files, captures.counters.dropped], [1, 1], 'larger than the budget');
    captures.reconfigure(100);
    await captures.settled();
    assert.deepEqual(readdirSync(scratch.path), []);
  });

  it('of earlier runs count, oldest first, and torn ones are removed', async () => {
    for (const [n, name] of ['0000000c', '0000000a', '0000000b'].entries()) {
      writeFileSync(scratch.in(`nd-flow-${name}.cap`), Buffer.alloc(100));
      utimesSync(scratch.in(`nd-flow-${name}.cap`), 1000 + n, 1000 + n);
    }
    writeFileSync(scratch.in('nd-flow-0000000d.cap'), '');
    writeFileSync(scratch.in('nd-flow-mine.cap'), 'not ours');
    const captures = await open(1e6, 2);
    assert.deepEqual(readdirSync(scratch.path).sort(), [
      'nd-flow-0000000a.cap',
      'nd-flow-0000000b.cap',
      'nd-flow-mine.cap',
    ]);
    assert.deepEqual([captures.files, captures.bytes], [2, 200]);
  });

  it('are dropped and counted when the disk is slower than they come', async () => {
    const captures = await open();
    for (let n = 0; n < 100; n += 1)
      captures.add(line(n.toString(16).padStart(8, '0'), [frame('x')]));
    await captures.settled();
    assert.deepEqual([captures.counters.written, captures.counters.dropped], [64, 36]);
  });

  it('survive a folder that has gone, and a disk that refuses', async () => {
    const captures = await open();
    rmSync(scratch.path, { recursive: true });
    writeFileSync(scratch.path, '');
    captures.add(line('aa', [frame('x')]));
    captures.add(line('bb', [frame('x')]));
    await captures.settled();
    assert.deepEqual([captures.counters.dropped, failures.total], [2, 2]);
    assert.equal(scratch.complaints().length, 1);
    rmSync(scratch.path);
    captures.add(line('cc', [frame('x')]));
    await captures.settled();
    assert.equal(captures.counters.written, 1);
  });

  it('refuse lines that are none', async () => {
    const captures = await open();
    const good = { digest: 'a'.repeat(40), link_type: 1, packets: [] };
    const bad = [
      'x',
      '{}',
      'null',
      JSON.stringify({ ...good, digest: '../../../../etc/passwd' }),
      JSON.stringify({ ...good, digest: 7 }),
      JSON.stringify({ ...good, link_type: -1 }),
      JSON.stringify({ ...good, link_type: 1e9 }),
      JSON.stringify({ ...good, packets: [['-1', 1, '']] }),
      JSON.stringify({ ...good, packets: [['1', 1.5, '']] }),
      JSON.stringify({ ...good, packets: 5 }),
    ];
    for (const text of bad) captures.add(Buffer.from(`${text}\n`));
    await captures.settled();
    assert.equal(captures.counters.refused, bad.length);
    assert.deepEqual(readdirSync(scratch.path), []);
  });
});
