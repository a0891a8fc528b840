// Real traffic through a router with NAT, read off the socket by `nc | jq` as a user does: protocols, names, roles,
// twins and byte counts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { validateMessage } from '../../src/messages/validate.js';
import { Dipperd, type Line, Reader } from './dipperd.js';
import { client4, Gateway, rsyncPorts, server4, server6, wan4 } from './gateway.js';
import { finished } from './namespaces.js';

/** Frames and bytes of a classic capture that a pcap filter leaves: an account that is not ours. */
function tcpdumpCount(file: string, filter: string): { packets: number; bytes: number } {
  const bytes = execFileSync('tcpdump', ['-r', file, '-w', '-', filter], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  let packets = 0;
  let sum = 0;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    packets += 1;
    sum += length;
    at += 16 + length;
  }
  return { packets, bytes: sum };
}

describe('dipperd on a gateway with real traffic', function () {
  this.timeout(120_000);
  let world: Gateway;
  let reader: Reader;
  let flows: Line[] = [];
  let purges: Line[] = [];
  const captures = { lan: '', wan: '' };

  before(async () => {
    world = new Gateway();
    await world.serve();
    const { net, router } = world;
    const dumps = (['lan', 'wan'] as const).map((side) => {
      captures[side] = world.path(`${side}.pcap`);
      const device = side === 'lan' ? 'br-lan' : 'eth0';
      const words = ['tcpdump', '-Z', 'root', '-U', '-i', device, '-w', captures[side]];
      const dump = net.start(router, words);
      return { dump, ended: finished(dump) };
    });
    const daemon = new Dipperd(net, router, [
      ...['-I', 'br-lan', '-E', 'eth0', '--set', 'socket.listen_address[0]=127.0.0.1'],
      ...['--set', 'dipperd.update_interval=1', '--set', 'socket.dump_unknown_flows=yes'],
    ]);
    await daemon.start();
    reader = new Reader(net, router);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    for (const side of ['lan', 'wan'] as const)
      await reader.until(() => existsSync(captures[side]), 'capture of tcpdump');
    await world.traffic();
    const ntp = (line: Line) => line.flow.detected_protocol_name === 'NTP';
    await reader.until(() => reader.of('flow', ntp).length >= 2, 'NTP on both sides');
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    // On SIGINT tcpdump leaves what waits in its ring: first it must have written all.
    for (const file of Object.values(captures))
      for (let size = -1; size !== statSync(file).size; await sleep(1500))
        size = statSync(file).size;
    for (const { dump, ended } of dumps) {
      dump.kill('SIGINT');
      await ended;
    }
    flows = reader.of('flow');
    purges = reader.of('flow_purge');
  });
  after(async () => await world?.close());

  const find = (list: Line[], device: string, wanted: (flow: Line['flow']) => boolean): Line => {
    const found = list.filter((line) => line.interface === device && wanted(line.flow));
    assert.ok(found.length > 0, `nothing on ${device} in ${JSON.stringify(list.slice(0, 50))}`);
    return found[0] as Line;
  };

  it('greets, then sends what happens, each message with the next number and by its schema', () => {
    const types = reader.messages.map(({ type }) => type);
    assert.deepEqual(types.slice(0, 5), [
      ...['agent_hello', 'agent_status', 'interfaces', 'definitions', 'protocols'],
    ]);
    for (const message of reader.messages)
      assert.deepEqual(validateMessage(message), [], JSON.stringify(message));
    const live = reader.messages.slice(5).map(({ seq }) => seq);
    for (const [i, seq] of live.entries()) if (i > 0) assert.equal(seq, (live[i - 1] ?? 0) + 1);
    for (const type of ['flow_stats', 'flow_purge', 'agent_status', 'interface_stats', 'endpoints'])
      assert.ok(types.slice(5).includes(type), `no ${type}`);
  });

  const kinds: [string, string, number, number, string?][] = [
    ['DNS', 'DNS', 17, 53, 'www.example.com'],
    ['TLS by curl', 'TLS', 6, 443, 'www.wikipedia.org'],
    ['TLS by openssl', 'TLS', 6, 443, 'www.youtube.com'],
    ['HTTP', 'HTTP', 6, 80, 'www.example.com'],
    ['SSH', 'SSH', 6, 22],
    ['rsync', 'RSYNC', 6, rsyncPorts[0]],
    ['rsync on a port of its own', 'RSYNC', 6, rsyncPorts[1]],
    ['NTP', 'NTP', 17, 123],
  ];
  for (const [title, protocol, ipProtocol, port, name] of kinds) {
    it(`names ${title} on both sides, with roles, and counts it once by its twins`, () => {
      const wanted = (flow: Line['flow']) =>
        flow.other_ip === server4 &&
        flow.other_port === port &&
        flow.ip_protocol === ipProtocol &&
        (name === undefined || flow.host_server_name === name);
      const lan = find(purges, 'br-lan', wanted);
      const wan = find(purges, 'eth0', wanted);
      for (const { flow } of [lan, wan]) {
        assert.equal(flow.detected_protocol_name, protocol);
        assert.equal(flow.local_origin, true);
        assert.equal(flow.other_type, 'remote');
      }
      assert.deepEqual(
        [lan.internal, lan.flow.local_ip, lan.flow.ip_nat],
        [true, client4, true],
        JSON.stringify(lan),
      );
      assert.deepEqual([wan.internal, wan.flow.local_ip, wan.flow.ip_nat], [false, wan4, true]);
      assert.match(lan.flow.twin_digest, /^[0-9a-f]{40}$/);
      assert.equal(lan.flow.twin_digest, wan.flow.twin_digest);
      assert.notEqual(lan.flow.digest, wan.flow.digest);
      assert.equal(lan.flow.total_bytes, wan.flow.total_bytes);
    });
  }

  it('reads the names of TLS servers', () => {
    const tls = flows.filter(({ flow }) => flow.other_port === 443 && flow.ip_version === 4);
    const seen = new Set(tls.map(({ flow }) => flow.ssl?.client_sni));
    assert.deepEqual([...seen].sort(), ['www.wikipedia.org', 'www.youtube.com']);
  });

  it('knows a server without a name by what its client had asked for', () => {
    const wanted = (flow: Line['flow']) => flow.other_ip === server4 && flow.other_port === 873;
    const { flow } = find(purges, 'br-lan', wanted);
    assert.deepEqual([flow.dns_host_name, flow.dhc_hit], ['www.example.com', true]);
  });

  it('sees IPv6 without translation', () => {
    const wanted = (flow: Line['flow']) => flow.other_ip === server6 && flow.other_port === 443;
    const lan = find(purges, 'br-lan', wanted);
    const wan = find(purges, 'eth0', wanted);
    assert.equal(lan.flow.local_ip, 'fd00:50::10');
    assert.equal(lan.flow.ip_nat, false);
    assert.equal(lan.flow.community_id, wan.flow.community_id);
  });

  it('counts what tcpdump counts, in each direction', () => {
    for (const [device, file, local] of [
      ['br-lan', captures.lan, client4],
      ['eth0', captures.wan, wan4],
    ] as const) {
      const tcp = purges.filter(
        (line) =>
          line.interface === device &&
          line.flow.other_ip === server4 &&
          line.flow.ip_protocol === 6,
      );
      assert.ok(tcp.length >= 6, `${tcp.length} flows on ${device}`);
      for (const { flow } of tcp) {
        const there = `src host ${local} and src port ${flow.local_port} and dst port ${flow.other_port}`;
        const back = `dst host ${local} and dst port ${flow.local_port} and src port ${flow.other_port}`;
        assert.deepEqual(
          { packets: flow.local_packets, bytes: flow.local_bytes },
          tcpdumpCount(file, `tcp and ${there}`),
          `${device} ${JSON.stringify(flow)}`,
        );
        assert.deepEqual(
          { packets: flow.other_packets, bytes: flow.other_bytes },
          tcpdumpCount(file, `tcp and ${back}`),
        );
      }
    }
  });

  it('gives a flow statistics that add up to its last record', () => {
    for (const { interface: device, flow } of purges) {
      const stats = reader.of(
        'flow_stats',
        (line) => line.interface === device && line.flow.digest === flow.digest,
      );
      const sum = (name: string) => stats.reduce((all, line) => all + line.flow[name], 0);
      for (const name of ['local_bytes', 'other_bytes', 'local_packets', 'other_packets'])
        assert.equal(sum(name), flow[name], `${name} of ${JSON.stringify(flow)}`);
    }
  });
});
