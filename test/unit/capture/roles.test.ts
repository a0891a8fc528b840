// Hosts as one meets them, and what is captured there when nobody says anything.
import assert from 'node:assert/strict';
import { detectRoles } from '../../../src/capture/roles.js';
import { address, host, link, route } from './host-state.js';

const chosen = (state: ReturnType<typeof host>) =>
  detectRoles(state).chosen.map(({ name, role }) => `${name} ${role}`);
const reason = (state: ReturnType<typeof host>, name: string) => {
  const { chosen: yes, leftOut } = detectRoles(state);
  return [...yes, ...leftOut].find((row) => row.name === name)?.reason;
};

describe('detection of roles', () => {
  it('takes a home router: PPPoE and a bridge over ports', () => {
    const router = host(
      [
        link(2, 'eth0', { master: 4 }),
        link(3, 'eth1'),
        link(4, 'br-lan', { kind: 'bridge' }),
        link(5, 'wlan0', { master: 4 }),
        link(6, 'pppoe-wan', { hardware: 512, mac: '', pointToPoint: true }),
      ],
      [
        address(4, '192.168.1.1/24', { broadcast: '192.168.1.255' }),
        address(6, '198.51.100.7/32', { peer: '198.51.100.1' }),
      ],
      [route('default4', 6), route('192.168.1.0/24', 4)],
    );
    assert.deepEqual(chosen(router), ['pppoe-wan WAN', 'br-lan LAN']);
    assert.equal(reason(router, 'pppoe-wan'), 'the default route (IPv4) leads through it');
    assert.equal(reason(router, 'br-lan'), 'it is a bridge');
    assert.equal(reason(router, 'eth0'), 'it is a port of br-lan');
    assert.equal(reason(router, 'eth1'), 'it has neither a default route nor a private address');
    assert.equal(reason(router, 'lo'), 'it is the loopback interface');
    assert.equal(detectRoles(router).remark, undefined);
  });

  it('takes every leg of an ECMP route and the default routes of both versions', () => {
    const router = host(
      [link(2, 'a'), link(3, 'b'), link(4, 'c'), link(5, 'lan')],
      [address(5, '10.1.2.3/24')],
      [route('default4', [2, 3]), route('default6', 4), route('default6', 2)],
    );
    assert.deepEqual(chosen(router), ['a WAN', 'b WAN', 'c WAN', 'lan LAN']);
    assert.equal(reason(router, 'a'), 'the default route (IPv4 and IPv6) leads through it');
  });

  it('takes the lowest metric that can be used', () => {
    const lines = [link(2, 'fibre'), link(3, 'lte')];
    const routes = [route('default4', 2, { metric: 10 }), route('default4', 3, { metric: 20 })];
    const addresses = [address(3, '10.0.0.2/24')];
    const both = host(lines, addresses, routes);
    assert.deepEqual(chosen(both), ['fibre WAN']);
    assert.equal(reason(both, 'lte'), 'its default route has a higher metric and waits');
    const unplugged = host(
      [link(2, 'fibre', { running: false }), link(3, 'lte')],
      addresses,
      routes,
    );
    assert.deepEqual(chosen(unplugged), ['lte WAN']);
    assert.equal(reason(unplugged, 'fibre'), 'it has no carrier');
    const dead = host(lines, addresses, [
      { ...route('default4', 2), dead: true },
      route('default4', 3),
    ]);
    assert.deepEqual(chosen(dead), ['lte WAN']);
  });

  it('does not take routes of other tables or types for the way out', () => {
    const state = host(
      [link(2, 'eth0')],
      [address(2, '10.0.0.2/24')],
      [route('default4', 2, { table: 100 }), route('default4', 2, { type: 'local' })],
    );
    assert.deepEqual(chosen(state), ['eth0 LAN']);
    assert.match(detectRoles(state).remark ?? '', /no default route/);
  });

  it('captures a plain host as WAN and says so', () => {
    const laptop = host(
      [link(2, 'eth0')],
      [address(2, '192.168.1.23/24')],
      [route('default4', 2), route('192.168.1.0/24', 2)],
    );
    assert.deepEqual(chosen(laptop), ['eth0 WAN']);
    assert.match(detectRoles(laptop).remark ?? '', /routes for nobody: eth0 is captured as WAN/);
  });

  it('leaves out container ports and noise, keeps the bridge', () => {
    const docker = host(
      [
        link(2, 'eth0'),
        link(3, 'docker0', { kind: 'bridge' }),
        link(4, 'veth12', { kind: 'veth', master: 3 }),
        link(5, 'dummy0', { kind: 'dummy' }),
        link(6, 'ifb0', { kind: 'ifb' }),
        link(7, 'virbr0', { kind: 'bridge', running: false }),
        link(8, 'down0', { up: false, running: false }),
      ],
      [address(3, '172.17.0.1/16'), address(5, '10.9.9.9/24'), address(8, '10.8.8.8/24')],
      [route('default4', 2)],
    );
    assert.deepEqual(chosen(docker), ['eth0 WAN', 'docker0 LAN']);
    assert.equal(reason(docker, 'veth12'), 'it is a port of docker0');
    assert.equal(reason(docker, 'dummy0'), 'it is a dummy interface');
    assert.equal(reason(docker, 'virbr0'), 'it has no carrier');
    assert.equal(reason(docker, 'down0'), 'it is down');
  });

  it('takes an interface of a VRF for one of its own', () => {
    const state = host(
      [link(2, 'vrf-red', { kind: 'vrf' }), link(3, 'eth0', { master: 2 }), link(4, 'wan')],
      [address(3, '10.0.0.1/24')],
      [route('default4', 4)],
    );
    assert.deepEqual(chosen(state), ['wan WAN', 'eth0 LAN']);
  });

  it('sees tagged packets once', () => {
    const vlan = (index: number, name: string, parent: number) =>
      link(index, name, { kind: 'vlan', parent });
    const both = host(
      [link(2, 'eth0'), vlan(3, 'eth0.10', 2), vlan(4, 'eth0.20', 2)],
      [address(2, '10.0.0.1/24'), address(3, '10.0.10.1/24'), address(4, '10.0.20.1/24')],
      [route('default4', 4)],
    );
    assert.deepEqual(chosen(both), ['eth0.20 WAN', 'eth0 LAN']);
    assert.equal(reason(both, 'eth0.10'), 'its packets are seen on eth0');
    const bare = host([link(2, 'eth0'), vlan(3, 'eth0.10', 2)], [address(3, '10.0.10.1/24')], []);
    assert.deepEqual(chosen(bare), ['eth0.10 LAN']);
  });

  it('counts unique local addresses but no link-local ones', () => {
    const state = host(
      [link(2, 'a'), link(3, 'b'), link(4, 'w')],
      [address(2, 'fe80::1/64', { scope: 253 }), address(3, 'fd12:3456::1/64')],
      [route('default6', 4)],
    );
    assert.deepEqual(chosen(state), ['w WAN', 'b LAN']);
  });

  it('says that there is nothing', () => {
    const { chosen: none, remark } = detectRoles(host([]));
    assert.deepEqual(none, []);
    assert.match(remark ?? '', /name one with -I/);
  });
});
