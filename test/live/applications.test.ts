// Definitions of applications change under load, a hundred times: by `dipper reload` and by what editors do to files. No event
// and no packet is lost, memory does not grow, and every live flow says what is in force. Why, says `dipper explain`.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dipperd, type Line, Reader } from './dipperd.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

const dipper = resolve(import.meta.dirname, '../../src/cli/main.js');
const pairs = 50;
const reloads = 100;
const unused = 3000;

describe('dipperd and other definitions of applications', function () {
  this.timeout(240_000);
  const net = new Namespaces();
  const [here, there] = [net.add('a'), net.add('b')];
  const folder = join(net.folder, 'applications.d');
  const later = join(net.folder, 'later', 'applications.d');
  const file = join(net.folder, 'dipperd.conf');
  const pcap = writePcap(
    join(net.folder, 'pairs.pcap'),
    Array.from({ length: 2 * pairs }, (_, i) => udpFrame(i >> 1, i % 2 === 1)),
  );
  let daemon: Dipperd;
  let reader: Reader;

  /** All servers of the traffic are `test.appN`, beside rules that nothing matches. */
  const define = (n: number): string =>
    [
      'category:games:Games',
      ...[1, 2].map((id) => `app:${900000 + id}:test.app${id}\ncat:${900000 + id}:games`),
      ...[`net:${900000 + n}:198.18.0.0/15`, `# version ${n}`],
      ...Array.from({ length: unused }, (_, i) => `dom:900001:name${i}.example`),
      '',
    ].join('\n');
  const written = join(folder, '10-test.conf');
  const onB0 = (line: Line): boolean => line.interface === 'b0';
  const nameOf = (line: Line | undefined): string => line?.flow?.detected_application_name;
  const named = (n: number, from: number): Line[] =>
    reader.lines
      .slice(from)
      .filter((line) => line.type === 'flow_dpi_update' && nameOf(line) === `test.app${n}`);
  const row = async () => (await daemon.captures()).find(({ name }) => name === 'b0');
  const residentKb = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]);

  before(async () => {
    for (const name of [here, there])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(here, 'a0', there, 'b0');
    mkdirSync(folder);
    writeFileSync(written, define(1));
    writeFileSync(
      file,
      `${[
        '[dipperd]\nupdate_interval = 60\nttl_idle_flow = 300\n[capture-interface-b0]\nrole = LAN',
        '[socket]\ndump_unknown_flows = yes\nlisten_address[0] = 127.0.0.1',
        `[applications]\ndirectory[0] = ${folder}\ndirectory[1] = ${later}`,
      ].join('\n')}\n`,
    );
    daemon = await new Dipperd(net, there, ['-c', file]).start();
    reader = new Reader(net, there);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    net.start(here, ['tcpreplay', '-q', '-i', 'a0', '--loop=0', '--pps=5000', pcap]);
    await reader.until(() => reader.of('flow').filter(onB0).length >= pairs, 'all flows', 30_000);
    await sleep(2000); // until their detection is over, which may have something to say, too
  });
  after(async () => await net.close());

  it('knows the application with the first packet, by the address', () => {
    const flows = reader.of('flow').filter(onB0);
    assert.equal(flows.length, pairs);
    for (const line of flows) {
      assert.equal(nameOf(line), 'test.app1');
      assert.equal(line.flow.detected_application, 900001);
      assert.equal(line.flow.category.application, 'games');
      assert.equal(line.flow.detection_packets, 1);
    }
  });

  it(`takes over ${reloads} changes and loses nothing`, async () => {
    let settledKb = 0;
    for (let i = 1; i <= reloads; i++) {
      const n = 1 + (i % 2);
      const from = reader.lines.length;
      writeFileSync(written, define(n));
      const answer = await daemon.ask('reload');
      assert.ok(answer.ok, answer.message);
      assert.equal((answer.data as { definitions: string }).definitions.includes('2 appl'), true);
      await reader.until(() => named(n, from).length >= pairs, `reload ${i}: all flows again`);
      assert.equal(named(n, from).length, pairs, 'each flow is told once');
      if (i === reloads / 4) settledKb = residentKb();
    }
    const grownKb = residentKb() - settledKb;
    const { counters } = (await row()) ?? {};
    const {
      events_lost,
      packets_read = 0,
      kernel_dropped,
      flows_rematched,
    } = counters?.totals ?? {};
    process.stdout.write(
      `      ${packets_read} packets, ${kernel_dropped} lost, ${flows_rematched} flows matched again, ` +
        `${grownKb} KiB more after ${(3 * reloads) / 4} reloads\n`,
    );
    assert.ok(packets_read > 5000, `${packets_read} packets`);
    assert.equal(kernel_dropped, 0);
    assert.equal(events_lost, 0);
    assert.ok(grownKb < 24 * 1024, `${grownKb} KiB`);
    const live = reader.messages.slice(5).map(({ seq }) => seq);
    for (const [i, seq] of live.entries())
      if (i > 0) assert.equal(seq, (live[i - 1] ?? 0) + 1, `message ${i}`);
  });

  it('sees files that are written anew, replaced by rename, and folders that come later', async () => {
    const changes: [number, () => void][] = [
      [2, () => writeFileSync(written, define(2))],
      [
        1,
        () => {
          writeFileSync(`${written}~`, define(1));
          renameSync(`${written}~`, written);
        },
      ],
      [
        2,
        () => {
          mkdirSync(later, { recursive: true });
          writeFileSync(join(later, 'mine.conf'), 'net:900002:198.18.0.0/15\n');
        },
      ],
      [1, () => renameSync(join(later, 'mine.conf'), join(later, 'mine.off'))],
    ];
    for (const [n, change] of changes) {
      const from = reader.lines.length;
      change();
      await reader.until(() => named(n, from).length >= pairs, `all flows as test.app${n}`);
    }
  });

  it('uses what is good of a file, and keeps what is in force when a file cannot be read', async () => {
    const from = reader.lines.length;
    writeFileSync(written, `${define(2)}\nnonsense\n`);
    const answer = await daemon.ask('reload');
    assert.match(answer.message, /definitions: .*1 not used, see the log/);
    assert.ok(daemon.stderr.includes(`${written}:${unused + 9}: `), daemon.stderr.slice(-2000));
    await reader.until(() => named(2, from).length === pairs, 'all flows as test.app2');
    writeFileSync(written, define(1));
    chmodSync(written, 0);
    const kept = await daemon.ask('reload');
    assert.match(kept.message, /the definitions in force stay: .*10-test\.conf: permission denied/);
    const { flow } = reader.of('flow').filter(onB0)[0] as Line;
    const explained = await net.finish(there, [
      ...[process.execPath, dipper, 'explain', '--connect', '127.0.0.1:7150', flow.digest],
    ]);
    assert.equal(explained.code, 0, explained.stderr);
    assert.match(explained.stdout, /application {2}test\.app2\n/);
    assert.match(
      explained.stdout,
      /net:900002:198\.18\.0\.0\/15 {2}.*10-test\.conf:6 {2}by other_ip = 198\.18\./,
    );
    chmodSync(written, 0o644);
    const nobody = await net.finish(there, [
      ...[process.execPath, dipper, 'explain', '--connect', '127.0.0.1:7150', '0'.repeat(40)],
    ]);
    assert.equal(nobody.code, 66, nobody.stdout);
  });
});
