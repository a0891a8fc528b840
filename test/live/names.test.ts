// A device gets an address from a DHCP server, and its name is in its flows and in `endpoints`: from its request, then from the
// server's lease file, then from the hosts file, as each of them comes up. And where the other side is.
import assert from 'node:assert/strict';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDatabase } from '../unit/flow/mmdb-writer.js';
import { Dipperd, type Line, Reader } from './dipperd.js';
import { finished, Namespaces } from './namespaces.js';

const mac = '00:22:72:00:00:01';
const vendor = 'American Micro-Fuel Device Corp.';
const remote = '203.0.113.9';
const set = (...keys: string[]) => keys.flatMap((key) => ['--set', key]);

describe('dipperd knows devices by name', function () {
  this.timeout(120_000);
  const net = new Namespaces();
  const [device, router] = [net.add('d'), net.add('r')];
  const path = (name: string) => join(net.folder, name);
  let daemon: Dipperd;
  let reader: Reader;
  before(() => {
    for (const name of [device, router])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(device, 'eth0', router, 'br0');
    net.ip(device, `link set eth0 address ${mac}`);
    net.ip(router, 'address add 192.168.77.1/24 dev br0');
    // Somebody on the Internet, as far as the device can tell.
    net.ip(router, `address add ${remote}/32 dev lo`);
    chmodSync(net.folder, 0o755);
    writeFileSync(path('leases'), '');
    writeFileSync(path('hosts'), '127.0.0.1 localhost\n');
    const country = { country: { iso_code: 'DE', names: { en: 'Germany' } } };
    writeFileSync(path('geo.mmdb'), makeDatabase({ '203.0.113.0/24': country }));
    // What the client of DHCP does with its lease.
    writeFileSync(
      path('bound'),
      '#!/bin/sh\n[ "$1" = bound ] || exit 0\nip address add "$ip/24" dev "$interface"\nip route add default via "$router"\n',
      { mode: 0o755 },
    );
    writeFileSync(
      path('dhcp.conf'),
      [
        ...[
          'user=root',
          'pid-file=',
          'bind-interfaces',
          'no-resolv',
          'no-hosts',
          'log-facility=-',
          'no-ping',
        ],
        ...['interface=br0', `listen-address=${remote}`, `dhcp-leasefile=${path('leases')}`],
        ...['dhcp-range=192.168.77.50,192.168.77.60,1h', 'address=/example.com/203.0.113.10', ''],
      ].join('\n'),
    );
  });
  after(async () => await net.close());

  const ask = (name: string, server = '192.168.77.1') =>
    net.run(device, 'dig', '+short', '+tries=1', '+time=3', `@${server}`, name);
  const flowsOf = (ip: string) =>
    reader.of('flow', ({ flow }) => flow.local_ip === ip && flow.detected_protocol_name === 'DNS');
  /** Asks until the flow of a question says this of the device. */
  const until = async (holds: (device: Record<string, unknown>) => boolean, what: string) => {
    for (let i = 0; i < 40; i += 1) {
      const before = flowsOf(address).length;
      ask(`q${i}.example.com`);
      await reader.until(() => flowsOf(address).length > before, 'a flow of the question');
      if (holds(flowsOf(address).at(-1)?.flow.local_device ?? {})) return;
    }
    const { flow } = flowsOf(address).at(-1) as Line;
    throw new Error(`no ${what}: ${JSON.stringify(flow)}\n${daemon.stderr}`);
  };
  let address = '';

  it('by what it calls itself when it asks for an address', async () => {
    daemon = await new Dipperd(net, router, [
      ...['-I', 'br0'],
      ...set('socket.listen_address[0]=127.0.0.1', 'dipperd.update_interval=1'),
      ...set(
        `devices.lease_file[0]=${path('leases-later')}`,
        `devices.hosts_file[0]=${path('hosts')}`,
      ),
      ...set(`geoip.database[0]=${path('geo.mmdb')}`),
    ]).start();
    reader = new Reader(net, router);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    const server = net.start(router, ['dnsmasq', '-k', '-C', path('dhcp.conf')]);
    finished(server, 3_600_000).catch(() => {});
    await net.listening(router, 53);
    const lease = await net.finish(device, [
      ...['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '5', '-T', '1'],
      ...['-x', 'hostname:annas-laptop', '-s', path('bound')],
    ]);
    assert.equal(lease.code, 0, lease.stderr);
    address =
      /inet (192\.168\.77\.\d+)/.exec(net.ip(device, '-4 address show dev eth0'))?.[1] ?? '';
    await until(({ name }) => name === 'annas-laptop', 'name of its own');
    const { flow } = flowsOf(address).at(-1) as Line;
    assert.deepEqual(flow.local_device, { name: 'annas-laptop', name_source: 'dhcp', vendor });
    // The router's end is a made up MAC of the kernel's: a device of the local network, too.
    assert.equal(flow.other_type, 'local');
    assert.deepEqual(flow.other_device, { randomized: true });
  });

  it('by the lease file of the server as soon as that is there', async () => {
    renameSync(path('leases'), path('leases-later'));
    await until(({ name_source }) => name_source === 'lease', 'name of the lease');
    const { flow } = flowsOf(address).at(-1) as Line;
    assert.deepEqual(flow.local_device, { name: 'annas-laptop', name_source: 'lease', vendor });
  });

  it('by the hosts file, also in endpoints, which has all its names', async () => {
    writeFileSync(path('hosts'), `${address} desk.example desk\n`);
    await until(({ name }) => name === 'desk.example', 'name of the hosts file');
    const last = () => reader.of('endpoints', (line) => mac in line).at(-1);
    await reader.until(() => last()?.devices?.[mac]?.name === 'desk.example', 'endpoints');
    assert.ok(last()?.[mac].includes(address));
    assert.deepEqual(last()?.devices[mac], {
      ...{ name: 'desk.example', name_source: 'hosts', vendor },
      names: [
        { name: 'desk.example', source: 'hosts' },
        { name: 'annas-laptop', source: 'lease' },
      ],
    });
  });

  it('and where the other side of its flows is', async () => {
    const of = () => reader.of('flow', ({ flow }) => flow.other_ip === remote);
    ask('www.example.com', remote);
    await reader.until(() => of().length > 0, 'a flow to the outside');
    assert.deepEqual(of()[0]?.flow.geo, { country: 'DE', country_name: 'Germany' });
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    // Records of the end say the same as those before.
    const ends = reader.of('flow_purge', ({ flow }) => flow.other_ip === remote);
    assert.equal(ends[0]?.flow.geo.country, 'DE');
    assert.equal(ends[0]?.flow.local_device.name, 'desk.example');
  });
});
