// The packet ring on real interfaces: every packet is accounted for, what is seen equals what a file shows, filters,
// tags and own traffic.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOptions, Source } from '../../src/ndpi-node.js';
import type { SeenFlow } from './capture-child.js';
import { CaptureRun, total } from './capture-run.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

const golden = (name: string) => new URL(`../../../test/golden/${name}`, import.meta.url).pathname;

/** Records of a classic pcap file in this machine's order. */
function packetsOf(path: string): number {
  const bytes = readFileSync(path);
  let count = 0;
  for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) count++;
  return count;
}

describe('packet ring', function () {
  this.timeout(60_000);
  const ns = new Namespaces();
  let here = '';
  let there = '';

  before(() => {
    here = ns.add('a');
    there = ns.add('b');
    for (const name of [here, there])
      ns.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    ns.link(here, 'a0', there, 'b0');
    ns.ip(here, 'link set a0 mtu 65535');
    ns.ip(there, 'link set b0 mtu 65535');
  });
  after(async () => await ns.close());

  const capture = (source: Partial<Source> = {}, options: Partial<EngineOptions> = {}) =>
    new CaptureRun(ns, there, {
      engines: [
        {
          source: { type: 'packet-ring', interface: 'b0', ...source } as Source,
          interface: 'x',
          ...options,
        },
      ],
    });
  const send = (path: string, ...args: string[]) =>
    ns.run(here, 'tcpreplay', '-q', '-i', 'a0', ...(args.length ? args : ['--topspeed']), path);

  /** Everything that is compared of the flows of a file, sorted. */
  async function flowsOfFile(path: string): Promise<string[]> {
    const run = new CaptureRun(ns, here, {
      engines: [{ source: { type: 'pcap-file', path }, interface: 'x' }],
    });
    await run.ended();
    const { flows } = await run.stop();
    return texts(flows);
  }
  const texts = (flows: readonly (readonly SeenFlow[])[]) =>
    flows
      .flat()
      .map((flow) => JSON.stringify(flow))
      .sort();

  it('reads every packet that the kernel received, or counts it as dropped', async () => {
    const path = writePcap(
      join(ns.folder, 'many.pcap'),
      Array.from({ length: 50_000 }, (_, i) => udpFrame(i % 500, i % 2 === 1)),
    );
    const run = capture();
    await run.state('up');
    send(path);
    await run.packets(50_000);
    const { flows, status } = await run.stop();
    assert.equal(total(status, 'packets_read'), 50_000);
    assert.equal(total(status, 'kernel_received'), 50_000);
    assert.equal(total(status, 'kernel_dropped'), 0);
    assert.equal(total(status, 'truncated'), 0);
    assert.equal(
      flows.flat().reduce((sum, { packets }) => sum + packets, 0),
      50_000,
    );
    assert.equal(flows.flat().length, 500);
  });

  for (const name of ['browsing', 'http', 'dns', 'vlan', 'qinq', 'mpls', 'gre'])
    it(`sees in ${name}.pcap on the wire what it sees in the file`, async () => {
      const path = golden(`${name}.pcap`);
      const expected = await flowsOfFile(path);
      assert.ok(expected.length > 0);
      const run = capture();
      await run.state('up');
      send(path);
      await run.until('all packets', (all) => total(all, 'kernel_received') >= packetsOf(path));
      await sleep(100);
      const { flows, status } = await run.stop();
      assert.equal(total(status, 'packets_read'), packetsOf(path));
      assert.deepEqual(texts(flows), expected);
    });

  it('puts one tag and two tags back into their frames', async () => {
    const tags = [
      [],
      [[0x8100, 7]],
      [[0x88a8, 8]],
      [
        [0x88a8, 9],
        [0x8100, 10],
      ],
    ] as const;
    const frames = tags.map((tags, i) => udpFrame(i, false, { tags }));
    const run = capture();
    await run.state('up');
    send(writePcap(join(ns.folder, 'tags.pcap'), frames));
    await run.packets(4);
    const { flows, status } = await run.stop();
    assert.deepEqual(
      flows
        .flat()
        .map(({ vlan }) => vlan)
        .sort((a, b) => a - b),
      [0, 7, 8, 10],
    );
    assert.equal(
      total(status, 'bytes_read'),
      frames.reduce((sum, frame) => sum + frame.length, 0),
    );
  });

  it('sees what a host sends to itself once', async () => {
    const run = capture({ interface: 'lo' });
    await run.state('up');
    ns.run(there, 'ping', '-q', '-c', '10', '-i', '0.01', '127.0.0.1');
    await run.packets(20);
    await sleep(200);
    const { status } = await run.stop();
    assert.equal(total(status, 'packets_read'), 20);
    assert.equal(total(status, 'filtered'), 0, 'in the kernel');
  });

  it('reads raw IP from a tunnel that has no header of its own', async () => {
    ns.ip(there, 'tuntap add dev tun7 mode tun');
    ns.ip(there, 'addr add 10.9.0.1/24 dev tun7');
    ns.ip(there, 'link set tun7 up');
    const run = capture({ interface: 'tun7', filter: 'ip dst 10.9.0.2' });
    await run.state('up');
    // Somebody has to be the tunnel's other end, or it has no carrier and drops what it is given.
    const end = ns.start(there, ['socat', '-u', 'TUN,tun-name=tun7,iff-up', '/dev/null']);
    await sleep(300);
    ns.start(there, ['ping', '-q', '-c', '3', '-i', '0.05', '-W', '1', '10.9.0.2']);
    await run.packets(3);
    end.kill();
    const { flows } = await run.stop();
    assert.deepEqual(
      flows.flat().map(({ server, packets }) => [server, packets]),
      [['10.9.0.2', 3]],
    );
  });

  it('refuses an interface whose frames are not decoded, by the name of their kind', async () => {
    // A TUN device that says it were InfiniBand (TUNSETLINK), kept after its maker's end (TUNSETPERSIST).
    const script = [
      'import fcntl, struct',
      'tun = open("/dev/net/tun", "rb+", 0)',
      'fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"odd7", 0x1001))',
      'fcntl.ioctl(tun, 0x400454cd, 32)',
      'fcntl.ioctl(tun, 0x400454cb, 1)',
    ].join('\n');
    ns.run(there, 'python3', '-c', script);
    const { code, stderr } = await capture({ interface: 'odd7' }).ended();
    assert.match(stderr, /odd7: frames of its kind \(InfiniBand\) are not decoded/);
    assert.notEqual(code, 0);
    const gone = await capture({ interface: 'nosuch0' }).ended();
    assert.match(gone.stderr, /no interface is called "nosuch0"; there are: .*b0/);
  });

  it('lets nothing through that the filter does not, from the first packet on', async () => {
    const path = writePcap(
      join(ns.folder, 'filter.pcap'),
      Array.from({ length: 20_000 }, (_, i) =>
        udpFrame(Math.floor(i / 2) % 100, false, { port: i % 2 ? 53 : 54 }),
      ),
    );
    // Under load before the engine exists: nothing may slip in between the socket and its filter.
    const load = ns.start(here, ['tcpreplay', '-q', '-i', 'a0', '-l', '50', '--topspeed', path]);
    const run = capture({ filter: 'udp src port 53' });
    await run.packets(1000);
    load.kill();
    const { flows, status } = await run.stop();
    assert.ok(total(status, 'packets_read') >= 1000);
    assert.equal(total(status, 'filtered'), 0, 'in the kernel');
    // A flow of port 54 would be the 101st.
    assert.equal(flows.flat().length, 100);
  });

  it('answers questions about tags when the tags are back', async () => {
    const frames = Array.from({ length: 30 }, (_, i) =>
      udpFrame(i, false, { tags: i % 3 ? [[0x8100, i % 3]] : [] }),
    );
    const path = writePcap(join(ns.folder, 'tagged.pcap'), frames);
    const run = capture({ filter: 'vlan 2 and udp' });
    await run.state('up');
    send(path);
    await run.packets(10);
    const { flows, status } = await run.stop();
    assert.equal(total(status, 'packets_read'), 10);
    assert.equal(total(status, 'filtered'), 20);
    assert.ok(flows.flat().every(({ vlan }) => vlan === 2));
  });

  it('is promiscuous on request and only as long as it lives', async () => {
    const promiscuity = () => /promiscuity (\d+)/.exec(ns.ip(there, '-d link show b0'))?.[1];
    const before = promiscuity();
    const run = capture({ promiscuous: true });
    await run.state('up');
    assert.equal(promiscuity(), String(Number(before) + 1));
    await run.stop();
    assert.equal(promiscuity(), before);
    const plain = capture();
    await plain.state('up');
    assert.equal(promiscuity(), before);
    await plain.stop();
  });

  it('counts what it could not read, and the account still adds up', async () => {
    const path = writePcap(
      join(ns.folder, 'load.pcap'),
      Array.from({ length: 20_000 }, (_, i) => udpFrame(i % 100, false, { payload: 1000 })),
    );
    const run = capture({ blockBytes: 131_072, blocks: 2 });
    await run.state('up');
    run.child.kill('SIGSTOP');
    send(path);
    run.child.kill('SIGCONT');
    await run.until('all', (all) => total(all, 'kernel_received') === 20_000);
    await run.until(
      'read',
      (all) => total(all, 'packets_read') + total(all, 'kernel_dropped') === 20_000,
    );
    const { flows, status } = await run.stop();
    assert.ok(total(status, 'kernel_dropped') > 19_000);
    assert.ok(total(status, 'kernel_freezes') > 0);
    const inFlows = flows.flat().reduce((sum, { packets }) => sum + packets, 0);
    assert.equal(inFlows + total(status, 'kernel_dropped'), 20_000);
  });

  it('sleeps while there is little to do', async () => {
    const run = capture();
    await run.state('up');
    await sleep(500);
    const before = run.cpuMs;
    send(
      writePcap(
        join(ns.folder, 'slow.pcap'),
        Array.from({ length: 200 }, () => udpFrame(1, false)),
      ),
      '--pps=100',
    );
    await run.packets(200);
    await run.stop();
    // 2 s of one packet each 10 ms; the program's own reports are part of it. A reader that spins takes 2,000.
    assert.ok(run.cpuMs - before < 400, `${run.cpuMs - before} ms`);
  });
});
