// In netifyd's place: the lines of OpenWrt's init script start dipperd on a gateway, what the options say happens, and a
// client that was written to netifyd's protocol of 3.x reads the stream unchanged.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dipperd, type Line, Reader } from './dipperd.js';
import { client4, Gateway, server4 } from './gateway.js';
import { finished } from './namespaces.js';

const client = resolve(import.meta.dirname, '../../../test/unit/sinks/stream/netifyd-client.py');
const curl = ['curl', '-sSk', '-o', '/dev/null', '--max-time', '10'];
const web = [...curl, '--resolve', `www.example.com:80:${server4}`, 'http://www.example.com/'];
const tls = [
  ...curl,
  '--resolve',
  `www.wikipedia.org:443:${server4}`,
  'https://www.wikipedia.org/',
];

describe("dipperd in netifyd's place", function () {
  this.timeout(120_000);
  let world: Gateway;
  before(async () => {
    world = new Gateway();
    await world.serve();
  });
  after(async () => await world?.close());

  const succeed = async (namespace: string, command: readonly string[]): Promise<void> => {
    const { code, stderr } = await world.net.finish(namespace, command);
    assert.equal(code, 0, stderr);
  };
  /** Runs dipperd with `options` while `traffic` happens; every message, and the daemon's own words. */
  const run = async (
    options: readonly string[],
    traffic: (daemon: Dipperd) => Promise<void>,
  ): Promise<{ reader: Reader; log: string }> => {
    const { net, router } = world;
    const daemon = await new Dipperd(net, router, options).start();
    const reader = new Reader(net, router);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    await traffic(daemon);
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    return { reader, log: stderr };
  };
  const purge = (reader: Reader, device: string, wanted: (flow: Line['flow']) => boolean): Line => {
    const found = reader.of('flow_purge', (l) => l.interface === device && wanted(l.flow));
    assert.equal(found.length, 1, `${device}: ${JSON.stringify(reader.of('flow_purge'))}`);
    return found[0] as Line;
  };

  it("feeds a client of netifyd's 3.x protocol, started by OpenWrt's line", async () => {
    const { net, lan, router } = world;
    let text = '';
    const lines = () => text.split('\n').slice(0, -1);
    const digests = (type: string) =>
      new Set(lines().flatMap((line) => (line.startsWith(`${type} `) ? line.split(' ')[1] : [])));
    await run(['-I', 'br-lan', '-E', 'eth0'], async (daemon) => {
      // Without a [socket] section there is a socket where netifyd has its own, under dipperd's name.
      const python = net.start(router, [
        ...['python3', client, `${daemon.state}/run/dipperd.sock`, '100000'],
      ]);
      const ended = finished(python, 60_000);
      python.stdout?.on('data', (part: string) => {
        text += part;
      });
      const seen = async (enough: () => boolean) => {
        while (!enough()) {
          const early = await Promise.race([ended, sleep(20)]);
          assert.equal(early, undefined, JSON.stringify(early));
        }
      };
      await seen(() => text.includes('protocols'));
      await succeed(lan, web);
      await succeed(lan, tls);
      // The page and the TLS connection, on both sides, and what IPv6 neighbours have to say.
      await seen(() => digests('flow').size >= 4);
      await daemon.stop();
      // It says that the stream has ended, as it would with netifyd; nothing before displeased it.
      const { stderr } = await ended;
      assert.equal(stderr, 'the stream ended in the middle of a message\n');
    });
    assert.deepEqual(lines().slice(0, 3), ['agent_hello', 'agent_status', 'protocols']);
    // Flows that were told before it came, of neighbours that look for each other, end before its eyes as well.
    for (const digest of digests('flow')) assert.ok(digests('flow_purge').has(digest), text);
  });

  it('binds -F, -A and -N to the interface before them', async () => {
    const { lan } = world;
    const { reader, log } = await run(
      [...['-I', 'br-lan', '-F', 'not port 80', '-A', `${server4}/24`], ...['-E', 'lan1']],
      async () => {
        await succeed(lan, web);
        await succeed(lan, tls);
      },
    );
    // -F: the web page is only on the other interface.
    const devices = (port: number) =>
      reader
        .of('flow_purge', ({ flow }) => flow.other_port === port || flow.local_port === port)
        .map((line) => line.interface)
        .sort();
    assert.deepEqual(devices(80), ['lan1'], log);
    assert.deepEqual(devices(443), ['br-lan', 'lan1'], log);
    // -A: the server counts as an address of this host, so that it is local beside the client.
    const near = purge(reader, 'br-lan', (flow) => flow.ip_protocol === 6);
    assert.equal(near.flow.other_type, 'local', JSON.stringify(near));
    // -A is br-lan's alone.
    const far = purge(reader, 'lan1', (flow) => flow.other_port === 443);
    assert.equal(far.internal, false);
    assert.deepEqual(
      [far.flow.other_type, far.flow.local_ip, far.flow.other_ip],
      ['remote', client4, server4],
    );
  });

  it('takes addresses of the peer of -N for those of the interface', async () => {
    // As with PPPoE: packets are captured on the bridge's port, where no address is; they are those of the bridge.
    const sides = async (...options: string[]) => {
      const { reader } = await run(['-E', 'lan1', ...options], async () => {
        await succeed(world.lan, ['ping', '-c', '2', '-i', '0.2', '192.168.50.1']);
      });
      const { flow } = purge(reader, 'lan1', ({ ip_protocol }) => ip_protocol === 1);
      return [flow.local_ip, flow.other_ip, flow.other_type];
    };
    // Two private addresses: the lower one is the local side. An own one and its network: the neighbour is.
    assert.deepEqual(await sides(), ['192.168.50.1', client4, 'local']);
    assert.deepEqual(await sides('-N', 'br-lan'), [client4, '192.168.50.1', 'local']);
  });

  it('takes long options and what has no meaning here with a line of notice', async () => {
    const { log, reader } = await run(
      [
        ...['--remain-in-foreground', '--internal', 'br-lan', '--external', 'eth0'],
        ...['--disable-netlink', '--disable-conntrack', '--thread-detection-cores=2'],
      ],
      async () => await succeed(world.lan, web),
    );
    const lan = purge(reader, 'br-lan', (flow) => flow.other_port === 80);
    assert.equal(lan.flow.ip_nat, false, 'conntrack is off');
    assert.equal(lan.flow.local_ip, client4);
    assert.doesNotMatch(log, /"level":(50|60)/);
  });
});
