// What of flows reaches whom: unknown ones only when asked for, each live one once to who comes late, captures and saved
// files that other programs read, the status in words, and a masked host nowhere at all.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Dipperd, type Line, Reader } from './dipperd.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

const dipper = resolve(import.meta.dirname, '../../src/cli/main.js');
const known = resolve(import.meta.dirname, '../../../test/golden/browsing.pcap');
const pairs = 12;
const set = (...keys: string[]) => keys.flatMap((key) => ['--set', key]);

describe('dipperd tells of flows', function () {
  this.timeout(120_000);
  const net = new Namespaces();
  const [here, there] = [net.add('a'), net.add('b')];
  const unknown = writePcap(
    join(net.folder, 'unknown.pcap'),
    Array.from({ length: 80 * pairs }, (_, i) => udpFrame(i % pairs, i % (2 * pairs) >= pairs)),
  );
  let daemon: Dipperd;
  before(() => {
    for (const name of [here, there])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(here, 'a0', there, 'b0');
  });
  after(async () => await net.close());

  const start = async (...keys: string[]): Promise<Dipperd> =>
    await new Dipperd(net, there, [
      ...['-I', 'b0', '-A', '10.0.0.1/8'],
      ...set('socket.listen_address[0]=127.0.0.1', 'dipperd.update_interval=1', ...keys),
    ]).start();
  const connect = async (): Promise<Reader> => {
    const reader = new Reader(net, there);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    return reader;
  };
  const send = (file: string, pps = 2000) =>
    net.run(here, 'tcpreplay', '-q', '-i', 'a0', `--pps=${pps}`, file);
  const packetsRead = async () => (await daemon.captures())[0]?.counters.totals.packets_read ?? 0;
  const isFlow = ({ type }: Line) => type?.startsWith('flow') ?? false;

  it('keeps unknown ones to itself without dump_unknown_flows', async () => {
    daemon = await start();
    const reader = await connect();
    send(unknown);
    send(known);
    await reader.until(() => reader.of('flow_stats').length > 0, 'statistics of known flows');
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await reader.end();
    const told = new Set(reader.of('flow').map(({ flow }) => flow.digest));
    assert.ok(told.size > 0);
    for (const { type, flow } of reader.messages.filter(isFlow)) {
      assert.ok(told.has(flow.digest), `${type} of a flow that was never told`);
      // What is known by its name or address alone is not unknown.
      if (flow.detected_application === 0) assert.notEqual(flow.detected_protocol_name, 'Unknown');
      assert.ok(!flow.other_ip?.startsWith('198.18.'), JSON.stringify(flow));
    }
  });

  it('tells each live flow once to who comes late, with its counters, before its later events', async () => {
    daemon = await start('socket.dump_unknown_flows=yes', 'socket.dump_established_flows=yes');
    const early = await connect();
    send(unknown);
    await early.until(() => early.of('flow').length === pairs, 'flows');
    const replay = net.start(here, [
      ...['tcpreplay', '-q', '-i', 'a0', '--loop=0', '--pps=1000', unknown],
    ]);
    await sleep(1500);
    const late = await connect();
    await late.until(() => late.of('snapshot_end').length === 1, 'the end of the snapshot');
    await late.until(() => late.of('flow_stats').length > 2 * pairs, 'later statistics');
    replay.kill('SIGINT');
    const { code, stderr } = await daemon.stop();
    assert.equal(code, 0, stderr);
    await Promise.all([early.end(), late.end()]);
    const established = late.of('flow', (line) => line.established === true);
    assert.equal(established.length, pairs);
    assert.equal(new Set(established.map(({ flow }) => flow.digest)).size, pairs);
    assert.equal(late.of('snapshot_end')[0]?.flows ?? late.of('snapshot_end')[0]?.count, pairs);
    assert.equal(early.of('flow', ({ established: is }) => is === true).length, 0, 'for it alone');
    for (const line of established) {
      const { digest } = line.flow;
      const of = ({ flow }: Line) => flow.digest === digest;
      const at = late.lines.indexOf(line);
      // Its totals, and what was added after it, are what the flow had at its end.
      const later = late.lines.slice(at).filter((one) => one.type === 'flow_stats' && of(one));
      const end = late.of('flow_purge', of)[0]?.flow;
      for (const name of ['local_packets', 'other_packets', 'local_bytes', 'other_bytes'])
        assert.equal(
          line.flow[name] + later.reduce((sum, { flow }) => sum + flow[name], 0),
          end?.[name],
          `${name}: ${JSON.stringify(line)}`,
        );
      assert.ok(line.flow.total_packets >= 80, `${line.flow.total_packets} packets`);
    }
  });

  it('saves the payload each interval, with a history, and the packets of unknown flows', async () => {
    const keys = ['json_save=yes', 'json_save_history=3', 'capture_unknown_flows=yes'];
    daemon = await start(...keys.map((key) => `dipperd.${key}`), 'dipperd.ttl_idle_flow=2');
    const run = join(daemon.state, 'run');
    send(known);
    send(unknown);
    const read = 0;
    assert.ok((await packetsRead()) > read);
    await sleep(5000);
    const saved = JSON.parse(readFileSync(join(run, 'sink-request.json'), 'utf8'));
    for (const member of ['uptime', 'interfaces', 'devices', 'stats', 'flows', 'flow_count'])
      assert.ok(member in saved, `no ${member} in ${Object.keys(saved)}`);
    const files = readdirSync(run);
    const history = files.filter((name) => name.endsWith('.json.gz'));
    assert.equal(history.length, 3, `${files}`);
    const flows = history.flatMap(
      (name) => JSON.parse(gunzipSync(readFileSync(join(run, name))).toString()).flows?.b0 ?? [],
    );
    assert.ok(flows.length > 0, 'no flow in three payloads');
    const captures = files.filter((name) => /^nd-flow-[0-9a-f]{8}\.cap$/.test(name));
    assert.equal(captures.length, pairs, `${files}`);
    for (const name of captures) {
      const lines = execFileSync('tcpdump', ['-n', '-r', join(run, name)], {
        stdio: ['ignore', 'pipe', 'ignore'],
        encoding: 'utf8',
      });
      assert.equal(lines.trim().split('\n').length, 32, lines);
      assert.equal(lines.match(/198\.18\.0\.\d+\.50000/g)?.length, 32);
    }
    const { stdout, code, stderr } = await net.finish(there, [
      ...[process.execPath, dipper, 'status', '--path', run],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`- dipperd is running \\(PID ${daemon.pid}\\)`));
    assert.match(stdout, /- b0 \[LAN\]: up: packets dropped: 0\.000 % \(0 of \d+\)/);
    assert.match(stdout, new RegExp(`- captures of unknown flows: ${pairs}, \\d+ bytes`));
    assert.doesNotMatch(stdout, /warning/);
    assert.equal((await daemon.stop()).code, 0);
    const after = await net.finish(there, [process.execPath, dipper, 'status', '--path', run]);
    assert.equal(after.code, 69);
    assert.match(after.stdout, /dipperd is not running/);
  });

  it('masks a host in the stream, in status.json and in what it saves', async () => {
    const masked = '10.0.0.3';
    daemon = await start(
      ...['socket.dump_unknown_flows=yes', 'socket.dump_established_flows=yes'],
      ...[
        'dipperd.json_save=yes',
        'dipperd.json_save_history=5',
        `privacy-filter.host[0]=${masked}`,
      ],
    );
    const reader = await connect();
    send(unknown);
    await reader.until(() => reader.of('flow_stats').length >= pairs, 'statistics');
    const late = await connect();
    await late.until(() => late.of('snapshot_end').length === 1, 'a snapshot');
    await reader.until(() => reader.of('agent_status', (l) => 'devices' in l).length > 2, 'status');
    const run = join(daemon.state, 'run');
    const status = readFileSync(join(run, 'status.json'), 'utf8');
    assert.equal((await daemon.stop()).code, 0);
    await Promise.all([reader.end(), late.end()]);
    const texts = [
      JSON.stringify(reader.lines),
      JSON.stringify(late.lines),
      status,
      readFileSync(join(run, 'sink-request.json'), 'utf8'),
      ...readdirSync(run)
        .filter((name) => name.endsWith('.json.gz'))
        .map((name) => gunzipSync(readFileSync(join(run, name))).toString()),
    ];
    for (const text of texts) {
      assert.ok(
        !new RegExp(`${masked.replaceAll('.', '\\.')}(?![0-9])`).test(text),
        text.slice(0, 500),
      );
      // Community ID and digests would tell it by trying addresses; another host is there as it is.
      assert.ok(!text.includes('"10.0.0.3"'));
    }
    assert.ok(texts[0]?.includes('"10.0.0.4"'), 'others are not masked');
    assert.equal(reader.of('flow').length, pairs);
  });
});
