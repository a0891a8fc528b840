// A reload while packets flow: by SIGHUP and by `dipper reload`. No packet is lost, flows and clients stay, the answer is
// the diff, and a file with problems changes nothing.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dipperd, Reader } from './dipperd.js';
import { udpFrame, writePcap } from './frames.js';
import { type Finished, Namespaces } from './namespaces.js';

const dipper = resolve(import.meta.dirname, '../../src/cli/main.js');
const pairs = 20;

describe('dipperd reloads under load', function () {
  this.timeout(120_000);
  const net = new Namespaces();
  const [here, there] = [net.add('a'), net.add('b')];
  const file = join(net.folder, 'dipperd.conf');
  const pcap = writePcap(
    join(net.folder, 'pairs.pcap'),
    Array.from({ length: 2 * pairs }, (_, i) => udpFrame(i >> 1, i % 2 === 1)),
  );
  let daemon: Dipperd;
  let reader: Reader;
  let received = 0;

  const rows = {
    dipperd: ['update_interval = 15'],
    'capture-interface-b0': ['role = LAN'],
    socket: ['dump_unknown_flows = yes', 'listen_address[0] = 127.0.0.1'],
  } as Record<string, string[]>;
  const configure = (changes: Record<string, string[]> = {}): void => {
    const sections = Object.entries({ ...rows, ...changes });
    writeFileSync(file, sections.map(([name, keys]) => `[${name}]\n${keys.join('\n')}\n`).join(''));
  };
  const reload = async (): Promise<Finished> =>
    await net.finish(there, [process.execPath, dipper, 'reload', '--path', `${daemon.state}/run`]);
  const rxPackets = (name: string): number =>
    JSON.parse(net.ip(there, `-s -j link show ${name}`))[0].stats64.rx.packets;
  const row = async (name: string) => (await daemon.captures()).find((one) => one.name === name);

  before(async () => {
    for (const name of [here, there])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(here, 'a0', there, 'b0');
    net.link(here, 'a1', there, 'b1');
    configure();
    daemon = await new Dipperd(net, there, ['-c', file]).start();
    received = rxPackets('b0') - ((await row('b0'))?.counters.totals.packets_read ?? 0);
    reader = new Reader(net, there);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    for (const device of ['a0', 'a1'])
      net.start(here, ['tcpreplay', '-q', '-i', device, '--loop=0', '--pps=2000', pcap]);
    await reader.until(() => reader.of('flow').length === pairs, 'all flows', 30_000);
  });
  after(async () => await net.close());

  it('answers with the diff, and takes over what it can', async () => {
    configure({ dipperd: ['update_interval = 1', 'max_flows = 5000'] });
    const { code, stdout, stderr } = await reload();
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      'dipperd.max_flows: 1048576 -> 5000 (from the next start on)\ndipperd.update_interval: 15 -> 1\n',
    );
    await reader.until(() => reader.of('flow_stats').length > pairs, 'statistics each second');
    configure({ dipperd: ['update_interval = 1', 'max_flows = 5000', 'ttl_idle_flow = 60'] });
    daemon.signal('SIGHUP');
    const end = Date.now() + 5000;
    while (!daemon.stderr.includes('ttl_idle_flow: 30 -> 60')) {
      assert.ok(Date.now() < end, daemon.stderr);
      await sleep(20);
    }
    rows.dipperd = ['update_interval = 1', 'max_flows = 5000', 'ttl_idle_flow = 60'];
  });

  it('changes nothing when the file has problems, and names all of them', async () => {
    configure({
      dipperd: ['update_intervall = 7', 'ttl_idle_flow = 1'],
      'capture-interface-b0': ['role = LAN', 'filter = no such filter'],
    });
    const bad = await reload();
    assert.equal(bad.code, 78, bad.stdout);
    assert.match(bad.stderr, /nothing was changed/);
    assert.match(bad.stderr, /dipperd\.conf:2: .*update_interval/);
    configure({ 'capture-interface-b0': ['role = LAN', 'filter = no such filter'] });
    const filter = await reload();
    assert.equal(filter.code, 78, filter.stdout);
    assert.match(filter.stderr, /dipperd\.conf:\d+: .*filter/);
    configure();
    const { code, stdout, stderr } = await reload();
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'nothing changed\n');
  });

  it('opens and closes listeners, and clients of the others stay', async () => {
    const { socket = [] } = rows;
    configure({ socket: [...socket, 'listen_address[1] = 127.0.0.1', 'listen_port[1] = 7151'] });
    assert.match(
      (await reload()).stdout,
      /^listener tcp:127\.0\.0\.1:7151: \(none\) -> netifyd\n$/,
    );
    const other = new Reader(net, there, '127.0.0.1 7151');
    await other.until(() => other.of('flow_stats').length > pairs, 'statistics on the new one');
    configure();
    assert.match(
      (await reload()).stdout,
      /^listener tcp:127\.0\.0\.1:7151: netifyd -> \(none\)\n$/,
    );
    await other.end();
    assert.equal(other.of('error').at(-1)?.code, 'listener_closed');
    const before = reader.lines.length;
    await reader.until(() => reader.lines.length > before, 'messages for the first client');
  });

  it('adds and removes an interface', async () => {
    configure({ 'capture-interface-b1': ['role = WAN'] });
    assert.match((await reload()).stdout, /^capture-interface-b1: \(none\) -> /);
    const end = Date.now() + 10_000;
    while (((await row('b1'))?.counters.totals.packets_read ?? 0) === 0) {
      assert.ok(Date.now() < end, JSON.stringify(await daemon.captures()));
      await sleep(50);
    }
    await reader.until(
      () => reader.of('flow', (line) => line.interface === 'b1').length === pairs,
      'flows of the new interface',
    );
    configure();
    assert.match((await reload()).stdout, /^capture-interface-b1: .* -> \(none\)\n$/);
    await reader.until(
      () => reader.of('flow_purge', (line) => line.interface === 'b1').length === pairs,
      'the end of its flows',
    );
    assert.equal(await row('b1'), undefined);
    assert.deepEqual(Object.keys(reader.of('interfaces').at(-1) ?? {}).includes('b1'), false);
  });

  it('does so with many reloads at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, async () => await reload()));
    for (const { code, stderr } of answers) assert.equal(code, 0, stderr);
    for (let i = 0; i < 10; i++) {
      configure({ dipperd: [...(rows.dipperd ?? []), `ttl_closed_tcp_flow = ${20 + i}`] });
      daemon.signal('SIGHUP');
      await sleep(30);
    }
    await sleep(300);
    assert.equal((await reload()).stdout, 'nothing changed\n', 'the last file is in force');
  });

  it('has lost no packet, no flow and no message all the while', async () => {
    for (const name of ['tcpreplay'])
      net.run(
        here,
        'sh',
        '-c',
        `kill $(ip netns pids ${here} | xargs ps -o pid=,comm= -p | awk '$2=="${name}"{print $1}')`,
      );
    await sleep(500);
    const totals = (await row('b0'))?.counters.totals ?? {};
    const offered = rxPackets('b0') - received;
    assert.ok(offered > 5000, `${offered} packets`);
    const { packets_read = 0, kernel_dropped = 0 } = totals;
    process.stdout.write(
      `      ${offered} packets, ${packets_read} read, ${kernel_dropped} lost\n`,
    );
    assert.equal(packets_read + kernel_dropped, offered);
    assert.equal(kernel_dropped, 0);
    const onB0 = (line: { interface?: string }) => line.interface === 'b0';
    assert.equal(reader.of('flow', onB0).length, pairs, 'no flow began anew');
    assert.equal(reader.of('flow_purge', onB0).length, 0);
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    const ends = reader.of('flow_purge', onB0);
    const digests = (lines: typeof ends) => lines.map(({ flow }) => flow.digest).sort();
    assert.deepEqual(digests(ends), digests(reader.of('flow', onB0)));
    assert.equal(
      ends.reduce((sum, { flow }) => sum + flow.total_packets, 0),
      packets_read,
    );
    const live = reader.messages.slice(5).map(({ seq }) => seq);
    for (const [i, seq] of live.entries())
      if (i > 0) assert.equal(seq, (live[i - 1] ?? 0) + 1, `message ${i}`);
  });
});
