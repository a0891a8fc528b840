// A LAN client, a router that masquerades and a WAN server: what connection tracking on the router says of real
// connections, and that both copies of one carry the same twin digest.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConntrackState } from '../../src/capture/conntrack.js';
import type { FlowPurge } from '../../src/messages/index.js';
import { validateMessage } from '../../src/messages/validate.js';
import { Namespaces } from './namespaces.js';

const child = new URL('./conntrack-child.js', import.meta.url).pathname;
const ruleset = (masquerade: boolean) => `
table inet t {
  chain forward { type filter hook forward priority 0; ct state new ct mark set 42; }
  ${masquerade ? 'chain post { type nat hook postrouting priority 100; oifname "wan0" masquerade; }' : ''}
}`;

interface Answer {
  state: ConntrackState;
  flows: FlowPurge[];
}

class Router {
  readonly net = new Namespaces();
  readonly lan = this.net.add('lan');
  readonly router = this.net.add('rt');
  readonly wan = this.net.add('wan');
  ask!: (line: string) => Promise<Answer>;
  #stdin!: NodeJS.WritableStream;

  constructor(masquerade: boolean) {
    const { net, lan, router, wan } = this;
    net.link(lan, 'eth0', router, 'lan0');
    net.link(router, 'wan0', wan, 'eth0');
    net.ip(lan, 'addr add 192.168.77.10/24 dev eth0');
    net.ip(router, 'addr add 192.168.77.1/24 dev lan0');
    net.ip(router, 'addr add 203.0.113.1/24 dev wan0');
    net.ip(wan, 'addr add 203.0.113.9/24 dev eth0');
    net.ip(lan, 'route add default via 192.168.77.1');
    if (!masquerade) net.ip(wan, 'route add default via 203.0.113.1');
    net.ip(lan, '-6 addr add 2001:db8:77::10/64 dev eth0 nodad');
    net.ip(router, '-6 addr add 2001:db8:77::1/64 dev lan0 nodad');
    net.ip(router, '-6 addr add 2001:db8:99::1/64 dev wan0 nodad');
    net.ip(wan, '-6 addr add 2001:db8:99::9/64 dev eth0 nodad');
    net.ip(lan, '-6 route add default via 2001:db8:77::1');
    if (!masquerade) net.ip(wan, '-6 route add default via 2001:db8:99::1');
    net.sysctl(router, 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    const rules = `${net.folder}/rules`;
    writeFileSync(rules, ruleset(masquerade));
    net.run(router, 'nft', '-f', rules);
    writeFileSync(`${net.folder}/index.html`, 'x'.repeat(5000));
    net.start(wan, ['python3', '-m', 'http.server', '--bind', '::', '80']);
  }

  /** Starts a monitor; the next questions go to it. */
  async ready(...args: string[]): Promise<void> {
    await this.net.listening(this.wan, 80);
    const monitor = this.net.start(this.router, [process.execPath, child, ...args], {
      stdin: 'pipe',
    });
    monitor.stderr?.pipe(process.stderr);
    const lines = createInterface({ input: monitor.stdout as NodeJS.ReadableStream });
    this.ask = async (line) => {
      const answer = once(lines, 'line');
      this.#stdin.write(`${line}\n`);
      return JSON.parse((await answer)[0] as string) as Answer;
    };
    this.#stdin = monitor.stdin as NodeJS.WritableStream;
  }

  async until(what: string, when: (state: ConntrackState) => boolean): Promise<ConntrackState> {
    for (let i = 0; ; ++i) {
      const { state } = await this.ask('');
      if (when(state)) return state;
      if (i > 200) throw new Error(`not within 10 s: ${what}; last: ${JSON.stringify(state)}`);
      await sleep(50);
    }
  }

  /** 3,000 connections at once, by UDP to as many ports. */
  flood(firstPort: number): void {
    const send = `import socket; s = socket.socket(2, 2)
for p in range(${firstPort}, ${firstPort + 3000}): s.sendto(b"x", ("203.0.113.9", p))`;
    this.net.run(this.lan, 'python3', '-c', send);
  }

  /** What both sides of the router saw while `traffic` ran. */
  async watch(traffic: () => Promise<void>): Promise<{ lan: FlowPurge[]; wan: FlowPurge[] }> {
    const files = ['lan0', 'wan0'].map((name) => `${this.net.folder}/${name}.pcap`);
    const dumps = files.map((file, i) =>
      this.net.start(this.router, [
        ...['tcpdump', '-i', i === 0 ? 'lan0' : 'wan0', '-U', '--immediate-mode', '-w', file],
        ...[
          'tcp or udp port 53 or icmp[0] == 8 or icmp[0] == 0 or icmp6[0] == 128 or icmp6[0] == 129',
        ],
      ]),
    );
    await Promise.all(dumps.map((dump) => once(dump.stderr as NodeJS.ReadableStream, 'data')));
    await traffic();
    await sleep(1000);
    for (const dump of dumps) {
      dump.kill('SIGINT');
      await once(dump, 'exit');
    }
    const [lan, wan] = [await this.ask(files[0] as string), await this.ask(files[1] as string)];
    return { lan: lan.flows, wan: wan.flows };
  }

  async traffic(): Promise<void> {
    const { net, lan } = this;
    for (const url of ['http://203.0.113.9/', 'http://[2001:db8:99::9]/']) {
      const got = await net.finish(lan, [
        'curl',
        '-sS',
        '-m',
        '10',
        '-o',
        '/dev/null',
        '-w',
        '%{size_download}',
        url,
      ]);
      assert.equal(got.stdout, '5000', got.stderr);
    }
    net.run(lan, 'ping', '-c', '2', '-i', '0.2', '203.0.113.9');
    net.run(lan, 'ping', '-c', '2', '-i', '0.2', '2001:db8:99::9');
    // Nobody answers, but the port is translated all the same.
    await net.finish(lan, ['dig', '+tries=1', '+time=1', '@203.0.113.9', 'example.org']);
  }
}

const what = ({ flow }: FlowPurge) => `${flow.ip_version} ${flow.ip_protocol}`;
const sorted = (flows: FlowPurge[]) => [...flows].sort((a, b) => what(a).localeCompare(what(b)));

for (const masquerade of [true, false])
  describe(`connection tracking of a router that ${masquerade ? 'masquerades' : 'only routes'}`, function () {
    this.timeout(60_000);
    let router: Router;
    before(async () => {
      router = new Router(masquerade);
      await router.ready();
    });
    after(() => router.net.close());

    it('gives both copies of a connection one twin digest', async () => {
      await router.until('the first dump', ({ state }) => state === 'following');
      const { lan, wan } = await router.watch(() => router.traffic());
      assert.deepEqual(sorted(lan).map(what), ['4 1', '4 17', '4 6', '6 58', '6 6']);
      assert.deepEqual(sorted(wan).map(what), sorted(lan).map(what));
      for (const message of [...lan, ...wan]) {
        assert.deepEqual(validateMessage(message), []);
        assert.equal(message.flow.ip_nat, masquerade, what(message));
        assert.equal(message.flow.ct_mark, 42);
        assert.equal(message.flow.conntrack?.mark, 42);
        assert.equal(message.flow.conntrack?.id, message.flow.ct_id);
      }
      const digests = (flows: FlowPurge[]) => sorted(flows).map(({ flow }) => flow.twin_digest);
      assert.deepEqual(digests(wan), digests(lan));
      assert.equal(new Set(digests(lan)).size, 5);
      for (const [i, { flow }] of sorted(lan).entries()) {
        assert.equal(flow.ct_id, sorted(wan)[i]?.flow.ct_id);
        assert.notEqual(flow.digest, sorted(wan)[i]?.flow.digest);
      }
      const web = wan.find((m) => what(m) === '4 6')?.flow;
      const inside = lan.find((m) => m.flow.ip_version === 4 && m.flow.ip_protocol === 6)?.flow;
      const client = masquerade ? '203.0.113.1' : '192.168.77.10';
      assert.equal(inside?.local_ip, '192.168.77.10');
      assert.equal(web?.conntrack?.reply_dst_ip, client);
      assert.equal(web?.conntrack?.reply_src_ip, '203.0.113.9');
      assert.equal(web?.conntrack?.reply_src_port, 80);
      const ports = [web?.local_port, web?.other_port];
      assert.ok(ports.includes(web?.conntrack?.reply_dst_port), String(ports));
    });

    it('is known to a monitor that comes later, and ended connections linger', async () => {
      const early = await router.until('all', () => true);
      assert.equal(early.records, masquerade ? 10 : 5);
      await router.ready();
      const before = await router.until('the table', ({ state }) => state === 'following');
      assert.deepEqual(before, { ...before, records: early.records, overruns: 0, malformed: 0 });
      router.net.run(router.router, 'conntrack', '-F');
      const later = await router.until('the ends', (s) => s.messages >= before.messages + 5);
      assert.equal(later.records, before.records);
    });

    it('is read again after events were lost', async () => {
      await router.ready('4096');
      await router.until('the table', ({ state }) => state === 'following');
      router.flood(20_000);
      const after = await router.until('the next dump', (s) => s.overruns > 0 && s.dumps > 1);
      assert.ok(after.records >= (masquerade ? 6000 : 3000), JSON.stringify(after));
      assert.equal(after.malformed, 0);
    });

    it('is read again through the opener when the rights are gone', async () => {
      await router.ready('4096', 'drop');
      await router.until('the table', ({ state }) => state === 'following');
      router.flood(30_000);
      const lost = await router.until('the refusal', ({ state }) => state === 'events');
      assert.match(lost.reason ?? '', /CAP_NET_ADMIN/);
      const { state } = await router.ask('provide');
      assert.notEqual(state.state, 'unavailable', state.reason);
      const after = await router.until('the dump', (s) => s.dumps > 1);
      assert.equal(after.state, 'following');
      assert.ok(after.records >= (masquerade ? 12_000 : 6000), JSON.stringify(after));
    });
  });
