// The daemon's interfaces: found without being named, on a gateway; and, once the daemon is nobody, down, removed and
// back, through its opener. What it says of itself follows.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dipperd, Reader } from './dipperd.js';
import { udpFrame, writePcap } from './frames.js';
import { client4, Gateway, server4, wan4 } from './gateway.js';
import { Namespaces } from './namespaces.js';

const listener = ['--set', 'socket.listen_address[0]=127.0.0.1'];

describe('dipperd and interfaces that nobody named', function () {
  this.timeout(120_000);
  let world: Gateway;
  before(async () => {
    world = new Gateway();
    await world.serve();
  });
  after(async () => await world?.close());

  it('finds the bridge as LAN and the default route as WAN', async () => {
    const { net, router, lan } = world;
    const daemon = await new Dipperd(net, router, listener).start();
    const reader = new Reader(net, router);
    await reader.until(() => reader.of('interfaces').length === 1, 'interfaces');
    const { seq: _, type, ...found } = reader.of('interfaces')[0] ?? { seq: 0 };
    const roles = Object.entries(found as Record<string, { role: string; addr: string[] }>);
    assert.deepEqual(
      roles.map(([name, { role }]) => [name, role]).sort(),
      [
        ['br-lan', 'lan'],
        ['eth0', 'wan'],
      ],
      type,
    );
    assert.ok(Object.fromEntries(roles)['br-lan']?.addr.includes('192.168.50.1/24'));
    const { code } = await net.finish(lan, [
      ...['curl', '-sS', '-o', '/dev/null', '--max-time', '10', `http://${server4}/`],
    ]);
    assert.equal(code, 0);
    const stopped = await daemon.stop();
    await reader.end();
    const web = reader.of('flow_purge', ({ flow }) => flow.other_port === 80);
    assert.deepEqual(web.map((line) => [line.internal, line.flow.local_ip]).sort(), [
      [false, wan4],
      [true, client4],
    ]);
    for (const [name, role] of [
      ['br-lan', 'LAN'],
      ['eth0', 'WAN'],
    ])
      assert.match(stopped.stderr, new RegExp(`${name} is captured as ${role}: `));
  });
});

describe('dipperd and interfaces that come and go', function () {
  this.timeout(120_000);
  const net = new Namespaces();
  const [here, there] = [net.add('a'), net.add('b')];
  const pcap = writePcap(
    join(net.folder, 'ten.pcap'),
    Array.from({ length: 10 }, (_, i) => udpFrame(i % 5, i >= 5)),
  );
  let daemon: Dipperd;
  let reader: Reader;
  before(async () => {
    for (const name of [here, there])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(here, 'a0', there, 'b0');
    daemon = await new Dipperd(net, there, [
      ...['-I', 'b0', ...listener, '--set', 'dipperd.update_interval=1'],
      ...['--set', 'dipperd.user=nobody', '--set', 'socket.dump_unknown_flows=yes'],
    ]).start();
    assert.match(daemon.stderr, /privileges dropped on \d+ threads/);
    reader = new Reader(net, there);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
  });
  after(async () => await net.close());

  const send = () => net.run(here, 'tcpreplay', '-q', '-i', 'a0', '--topspeed', pcap);
  const status = () => reader.of('agent_status').at(-1)?.interfaces?.b0 ?? {};
  const becomes = async (state: string) =>
    await reader.until(() => status().state === state, `state ${state}, but ${status().state}`);
  /** Ten packets more are counted. */
  const counts = async () => {
    const { packets: before = 0 } = status();
    send();
    await reader.until(
      () => status().packets === before + 10,
      `ten more than ${before}, but ${status().packets}; ${daemon.stderr}`,
    );
  };

  it('counts on one that is up', async () => {
    await becomes('up');
    await counts();
  });

  it('goes on after it was down', async () => {
    net.ip(there, 'link set b0 down');
    await becomes('down');
    net.ip(there, 'link set b0 up');
    await becomes('up');
    await counts();
  });

  it('goes on after it was removed and made anew, three times', async () => {
    for (let i = 0; i < 3; i++) {
      net.ip(there, 'link del b0');
      await becomes('removed');
      await sleep(100 * i);
      net.link(here, 'a0', there, 'b0');
      await becomes('up');
      await counts();
    }
    assert.equal((await daemon.captures())[0]?.restarts, 0, 'the engine itself has gone on');
  });

  it('has kept its flows and lost no message', async () => {
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    const ends = reader.of('flow_purge');
    assert.equal(ends.length, 5, JSON.stringify(ends));
    for (const { flow } of ends) assert.equal(flow.total_packets, 10);
    assert.equal(status().events_lost, 0);
  });
});
