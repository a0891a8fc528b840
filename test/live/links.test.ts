// What the monitor of links says while a network changes under it: real interfaces in a namespace of their own.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostState } from '../../src/capture/links.js';
import { networksOf } from '../../src/capture/networks.js';
import { detectRoles } from '../../src/capture/roles.js';
import { Namespaces } from './namespaces.js';

const child = new URL('./links-child.js', import.meta.url).pathname;

describe('links, addresses and routes', function () {
  this.timeout(60_000);
  const net = new Namespaces();
  let states: HostState[] = [];
  let host = '';

  before(() => {
    host = net.add('host');
    const peer = net.add('peer');
    net.link(host, 'up0', peer, 'p0');
    net.link(host, 'port0', peer, 'p1');
    net.ip(host, 'link add br-lan type bridge');
    net.ip(host, 'link set br-lan up');
    net.ip(host, 'link set port0 master br-lan');
    const monitor = net.start(host, [process.execPath, child]);
    let text = '';
    monitor.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      states = [...states, ...lines.map((line) => JSON.parse(line) as HostState)];
    });
  });
  after(() => net.close());

  /** The first state from now on that satisfies `when`. */
  async function until(what: string, when: (state: HostState) => boolean): Promise<HostState> {
    const end = Date.now() + 10_000;
    for (;;) {
      const state = states.at(-1);
      if (state && when(state)) return state;
      if (Date.now() > end)
        throw new Error(`not within 10 s: ${what}; last: ${JSON.stringify(state)}`);
      await sleep(20);
    }
  }
  const named = (state: HostState, name: string) => state.links.find((l) => l.name === name);
  const chosen = (state: HostState) =>
    detectRoles(state).chosen.map(({ name, role }) => `${name} ${role}`);

  it('follow what ip(8) does, by events', async () => {
    const first = await until('the first', (s) => s.complete);
    assert.equal(named(first, 'br-lan')?.kind, 'bridge');
    assert.equal(named(first, 'up0')?.kind, 'veth');
    assert.equal(named(first, 'port0')?.master, named(first, 'br-lan')?.index);

    net.ip(host, 'addr add 192.168.5.1/24 brd + dev br-lan');
    net.ip(host, 'addr add 203.0.113.2/29 dev up0');
    net.ip(host, 'route add default via 203.0.113.1 dev up0');
    const router = await until('a router', (s) => chosen(s).includes('up0 WAN'));
    assert.deepEqual(chosen(router), ['up0 WAN', 'br-lan LAN']);
    assert.deepEqual(
      networksOf(router, { interface: 'br-lan' }).filter(({ prefix }) => !prefix.includes(':')),
      [
        { prefix: '192.168.5.1/32', class: 'local_ip' },
        { prefix: '192.168.5.0/24', class: 'local_net' },
        { prefix: '192.168.5.255/32', class: 'broadcast' },
      ],
    );

    net.ip(host, 'route replace default dev br-lan');
    const moved = await until('the default route elsewhere', (s) => chosen(s)[0] === 'br-lan WAN');
    assert.deepEqual(moved.routes.filter((r) => r.prefixLength === 0 && r.table === 254).length, 1);
    net.ip(host, 'route replace default via 203.0.113.1 dev up0');
    await until('and back', (s) => chosen(s)[0] === 'up0 WAN');
  });

  it('notice routes that the kernel drops without a word', async () => {
    net.ip(host, 'link set up0 down');
    const down = await until('up0 down', (s) => named(s, 'up0')?.up === false);
    await until(
      'its routes gone',
      (s) => !s.routes.some((r) => r.prefixLength === 0 && r.ipVersion === 4),
    );
    assert.deepEqual(chosen(down), ['br-lan LAN']);
    net.ip(host, 'link set up0 up');
    net.ip(host, 'route add default nexthop via 203.0.113.1 nexthop dev br-lan');
    const both = await until(
      'ECMP',
      (s) => chosen(s).length === 2 && chosen(s).every((c) => c.endsWith('WAN')),
    );
    assert.equal(both.routes.find((r) => r.prefixLength === 0 && r.table === 254)?.legs.length, 2);
  });

  it('notice an interface that is removed, and one of the same name that comes', async () => {
    const before = named(states.at(-1) as HostState, 'up0')?.index;
    net.ip(host, 'link delete up0');
    await until(
      'up0 gone with all that it had',
      (s) =>
        !named(s, 'up0') &&
        !s.addresses.some((a) => a.link === before) &&
        !s.routes.some((r) => r.legs.some((l) => l.link === before)),
    );
    net.ip(host, 'link add up0 type bridge');
    const again = await until('another up0', (s) => named(s, 'up0') !== undefined);
    assert.notEqual(named(again, 'up0')?.index, before);
  });

  it('come as state, not as history: a storm is a few states', async () => {
    const count = states.length;
    const batch = Array.from(
      { length: 1000 },
      (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 dev br-lan`,
    );
    const script = `${net.folder}/routes`;
    writeFileSync(script, `${batch.join('\n')}\n`);
    net.ip(host, `-batch ${script}`);
    await until(
      '1,000 routes',
      (s) =>
        s.routes.filter((r) => r.prefixLength === 24 && r.destination.startsWith('10.')).length ===
        1000,
    );
    assert.ok(states.length - count <= 20, `${states.length - count} states`);
  });
});
