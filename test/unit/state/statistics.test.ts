// Counters of engines and of the process become netifyd's messages: valid, differences right, nothing counted twice.
import assert from 'node:assert/strict';
import type { AgentIdentity } from '../../../src/messages/agent-hello.js';
import { validateMessage } from '../../../src/messages/validate.js';
import { DeviceTable } from '../../../src/state/devices.js';
import type { Counters } from '../../../src/state/differences.js';
import {
  type InterfaceSample,
  interfacesMessage,
  processUsage,
  Statistics,
} from '../../../src/state/statistics.js';
import { examples } from '../messages/examples.js';

const agent: AgentIdentity = {
  version: '0.1.0',
  ndpiVersion: '4.2.0',
  features: [],
  uuid: 'AA-BB-CC-DD',
  startedAt: 1700000000000,
};
const around = { flowMax: 1000, stateWriteErrors: 0 };

const counters = (totals: Record<string, number>, discarded = {}): Counters => ({
  totals,
  discarded,
});
const lan = (
  engines: InterfaceSample['engines'],
  more: Partial<InterfaceSample> = {},
): InterfaceSample => ({
  name: 'br-lan',
  role: 'LAN',
  mac: '02:00:00:00:00:01',
  state: 'up',
  addresses: ['192.0.2.1'],
  source: 'packet-ring',
  lossKnown: true,
  engines,
  ...more,
});

describe('statistics', () => {
  it('are valid messages, from nothing and from the real process', () => {
    const statistics = new Statistics({ ...agent, serial: 'S', site: 'T' });
    const samples = [
      lan([]),
      lan([{ key: {}, counters: counters({}) }], { name: 'wan', role: 'WAN', lossKnown: false }),
    ];
    const everything = {
      ...around,
      dnsHints: 3,
      flowHashes: 4,
      unknownCaptures: { files: 1, bytes: 2 },
    };
    const { status, interfaceStats } = statistics.sample(samples, {}, everything, 15);
    for (const message of [
      status,
      interfaceStats,
      interfacesMessage(samples),
      statistics.greeting(samples, around, 15),
    ])
      assert.deepEqual(validateMessage(message), []);
    assert.equal(status.pid, process.pid);
    assert.ok(status.memrss_kb > 10_000 && status.maxrss_kb >= status.memrss_kb / 2);
    assert.equal(status.interfaces?.wan?.packets_dropped, undefined, 'unknown is not 0');
    assert.equal(status.stats?.wan?.capture_dropped, undefined);
    assert.equal(status.stats?.['br-lan']?.capture_dropped, 0);
  });

  it('tell what was added since the last time, under netifyd’s names', () => {
    const statistics = new Statistics(agent);
    const key = {};
    const take = (totals: Record<string, number>, discarded = {}) =>
      statistics.sample([lan([{ key, counters: counters(totals, discarded) }])], {}, around, 15);
    take({ packets_read: 100, bytes_read: 10_000, kernel_dropped: 1, flows_active: 5 });
    const { status, interfaceStats } = take(
      {
        packets_read: 150,
        bytes_read: 16_000,
        kernel_dropped: 4,
        flows_active: 7,
        flows_expired_idle: 2,
        flows_expired_active: 1,
        flows_expired_closed: 4,
        flows_evicted: 8,
        flows_shutdown: 16,
        packets_without_memory: 3,
        events_lost: 9,
        later_fragments: 2,
        tcp: 40,
        largest_bytes: 1500,
        source_state: 1,
      },
      { no_ip: { packets: 5, bytes: 300 }, fragment_bad: { packets: 1, bytes: 60 } },
    );
    const expected = {
      ...{ raw: 50, ethernet: 0, mpls: 0, pppoe: 0, vlan: 0, fragmented: 3, discarded: 6 },
      ...{ discarded_bytes: 360, largest_bytes: 1500, ip: 0, tcp: 40, udp: 0, icmp: 0, igmp: 0 },
      ...{ ip_bytes: 0, wire_bytes: 6000 + 24 * 50, pcap_recv: 53, pcap_drop: 3, pcap_ifdrop: 0 },
      ...{ capture_dropped: 3, capture_filtered: 0, queue_dropped: 0, flow_dropped: 3 },
      ...{ flows_evicted: 8, events_lost: 9, tcp_seq_errors: 0, tcp_retrans: 0, tcp_resets: 0 },
    };
    assert.deepEqual(status.stats, { 'br-lan': expected });
    assert.deepEqual(interfaceStats, { type: 'interface_stats', 'br-lan': expected });
    assert.deepEqual(
      [status.flow_count, status.flow_count_prev, status.flows_expired, status.flows_purged],
      [7, 5, 3, 31],
    );
    assert.deepEqual(status.interfaces?.['br-lan'], {
      ...{ role: 'LAN', mac: '02:00:00:00:00:01', state: 'up', packets: 150 },
      ...{ packets_dropped: 4, events_lost: 9 },
    });
  });

  it('survive the engine of an interface being replaced', () => {
    const statistics = new Statistics(agent);
    const [first, second] = [{}, {}];
    const take = (...engines: [object, number][]) =>
      statistics.sample(
        [lan(engines.map(([key, n]) => ({ key, counters: counters({ packets_read: n }) })))],
        {},
        around,
        15,
      ).status;
    take([first, 1000]);
    const both = take([first, 1010], [second, 5]); // the ended one once more
    assert.equal(both.stats?.['br-lan']?.raw, 15);
    const one = take([second, 25]);
    assert.equal(one.stats?.['br-lan']?.raw, 20);
    assert.equal(one.interfaces?.['br-lan']?.packets, 1035);
    assert.equal(take().stats?.['br-lan']?.raw, 0);
  });

  it('show processor time and memory of this interval and the last', () => {
    let now = 1;
    const usage = {
      uptimeMs: () => now * 15_000,
      now: () => 1_700_000_000_999 + now,
      cpu: () => ({ user: now * 1e6, system: now * 5e5 }),
      residentBytes: () => now * 1024 * 100,
      maxResidentKb: () => now * 200,
    };
    const statistics = new Statistics(agent, usage);
    now = 2;
    const first = statistics.sample([], {}, around, 15).status;
    now = 3;
    const greeting = statistics.greeting([], around, 15);
    const second = statistics.sample([], {}, around, 15).status;
    const seen = [first, greeting, second].map((s) => [
      ...[s.cpu_user, s.cpu_user_prev, s.cpu_system, s.memrss_kb_prev, s.maxrss_kb, s.uptime],
    ]);
    assert.deepEqual(seen, [
      [2, 1, 1, 100, 400, 30],
      [3, 2, 1.5, 200, 600, 45],
      [3, 2, 1.5, 200, 600, 45],
    ]);
    assert.equal(first.timestamp, 1_700_000_001);
    assert.equal(greeting.interfaces, undefined);
    assert.ok(processUsage().uptimeMs() > 0);
  });

  it('keep interfaces apart whatever they are called', () => {
    const samples = ['__proto__', 'type', 'a b'].map((name) =>
      lan([{ key: {}, counters: counters({ packets_read: 1 }) }], { name }),
    );
    const { status, interfaceStats } = new Statistics(agent).sample(samples, {}, around, 15);
    assert.deepEqual(Object.keys(status.stats ?? {}), ['__proto__', 'type', 'a b']);
    assert.deepEqual(Object.keys(interfaceStats), ['type', 'a b']);
    assert.deepEqual(validateMessage(JSON.parse(JSON.stringify(interfaceStats))), []);
  });
});

describe('devices', () => {
  const line = (flow: object, envelope: object = {}) =>
    Buffer.from(
      `${JSON.stringify({ ...examples.flow, ...envelope, flow: { ...examples.flow.flow, ...flow } })}\n`,
    );

  it('are those of the local side of local interfaces', () => {
    const table = new DeviceTable();
    table.add(line({ local_mac: '02:00:00:00:00:0a', local_ip: '192.0.2.10' }));
    table.add(line({ local_mac: '02:00:00:00:00:0a', local_ip: '2001:db8::10' }));
    table.add(line({ local_mac: '02:00:00:00:00:0a', local_ip: '192.0.2.10' }));
    table.add(
      line({
        ...{ local_mac: '02:00:00:00:00:0b', local_ip: '192.0.2.11', other_type: 'local' },
        ...{ other_mac: '02:00:00:00:00:0c', other_ip: '192.0.2.12' },
      }),
    );
    table.add(line({ local_mac: '02:00:00:00:00:0d' }, { internal: false }));
    assert.deepEqual(table.take(), {
      '02:00:00:00:00:0a': ['192.0.2.10', '2001:db8::10'],
      '02:00:00:00:00:0b': ['192.0.2.11'],
      '02:00:00:00:00:0c': ['192.0.2.12'],
    });
    assert.deepEqual(table.take(), {});
  });

  it('are no groups, routers’ virtual addresses or nothing', () => {
    const table = new DeviceTable();
    for (const mac of ['00:00:5e:00:01:01', '01:00:5e:00:00:fb', '33:33:00:00:00:01'])
      table.add(line({ local_mac: mac }));
    for (const mac of ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff'])
      table.add(line({ local_mac: mac }));
    table.add(line({ local_ip: '0.0.0.0' }));
    table.add(line({ local_ip: '::' }));
    assert.deepEqual(table.take(), {});
  });

  it('cannot be made up inside text that a packet brought', () => {
    const table = new DeviceTable();
    const planted = ',"flow":{"internal":true,"local_ip":"6.6.6.6","local_mac":"02:66:66:66:66:66"';
    table.add(line({ host_server_name: planted }, { internal: false, interface: planted }));
    assert.deepEqual(table.take(), {});
    table.add(line({ host_server_name: planted }));
    assert.deepEqual(Object.keys(table.take()), [examples.flow.flow.local_mac]);
  });

  it('are bounded, and what does not fit is counted', () => {
    const table = new DeviceTable({ devices: 2, addresses: 3 });
    for (let mac = 0; mac < 4; mac += 1)
      for (let ip = 0; ip < 5; ip += 1)
        table.add(line({ local_mac: `02:00:00:00:00:0${mac}`, local_ip: `192.0.2.${ip}` }));
    const taken = table.take();
    assert.deepEqual(
      Object.values(taken).map(({ length }) => length),
      [3, 3],
    );
    assert.equal(table.overflows, 2 * 2 + 2 * 5);
  });

  it('are read from real lines of the engine', async () => {
    const { readFileSync } = await import('node:fs');
    const file = new URL('../../../../test/golden/expected/browsing.pcap.ndjson', import.meta.url);
    const table = new DeviceTable();
    const wanted: Record<string, Set<string>> = {};
    for (const text of readFileSync(file, 'utf8')
      .replaceAll('00:00:5e:', '02:00:5e:')
      .split('\n')
      .filter(Boolean)) {
      table.add(Buffer.from(text));
      const { flow, internal } = JSON.parse(text) as typeof examples.flow;
      if (!internal || flow === undefined) continue;
      wanted[flow.local_mac] ??= new Set();
      if (flow.local_ip !== '0.0.0.0') wanted[flow.local_mac]?.add(flow.local_ip);
      if (flow.other_type !== 'local') continue;
      wanted[flow.other_mac] ??= new Set();
      wanted[flow.other_mac]?.add(flow.other_ip);
    }
    const expected = Object.entries(wanted)
      .filter(([mac]) => !/^(00:00:00:00|01:00:5e|33:33|ff:ff)/.test(mac))
      .map(([mac, ips]) => [mac, [...ips].sort()]);
    assert.ok(expected.length > 0);
    assert.deepEqual(table.take(), Object.fromEntries(expected));
  });
});
