// `dipper spy` on interfaces: its words, its end, its exit codes, and how soon it sees something.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { finished, Namespaces } from './namespaces.js';

const dipper = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

describe('dipper spy on an interface', function () {
  this.timeout(30_000);
  const ns = new Namespaces();
  let host = '';

  before(() => {
    host = ns.add('a');
    ns.sysctl(host, 'net.ipv6.conf.all.disable_ipv6=1');
  });
  after(async () => await ns.close());

  const spy = (...args: string[]) => ns.start(host, [process.execPath, dipper, 'spy', ...args]);
  const ping = (...args: string[]) => ns.start(host, ['ping', '-q', '-i', '0.02', ...args]);

  for (const words of [['packet-ring', 'lo'], ['raw', 'lo'], ['tap', 'lo'], ['lo']])
    it(`\`${words.join(' ')}\` shows flows as they are identified, within a second of its start`, async () => {
      const traffic = ping('127.0.0.1');
      const start = performance.now();
      const child = spy('--live', ...words);
      const [first] = (await once(child.stdout ?? child, 'data')) as [Buffer];
      const took = performance.now() - start;
      child.kill('SIGINT');
      const { code, stderr } = await finished(child);
      traffic.kill();
      assert.match(first.toString(), /127\.0\.0\.1:0 .* IP_ICMP/);
      assert.equal(code, 130);
      assert.match(stderr, /(\d+) packets +\d+ bytes {2}read\n *\1 packets .* in 1 flow\n$/);
      console.log(`      ${Math.round(took)} ms from the start of the program to the first line`);
      assert.ok(took < 1000, `${took} ms`);
    });

  it('prints the summary after --duration, of what passed its filter', async () => {
    const traffic = ping('127.0.0.1');
    const child = spy('-D', '1.5', '--filter', 'icmp[icmptype] == icmp-echo', 'packet-ring', 'lo');
    const { code, stdout, stderr } = await finished(child);
    traffic.kill();
    assert.equal(code, 0);
    assert.match(stdout, /^0x[0-9a-f]{8} +\d+p +127\.0\.0\.1:0 +- +127\.0\.0\.1:0 +IP_ICMP\n$/);
    assert.match(stderr, / in 1 flow\n/);
  });

  it('waits through an interface that is down', async () => {
    ns.ip(host, 'link set lo down');
    const child = spy('--live', '--json', 'raw', 'lo');
    await sleep(500);
    ns.ip(host, 'link set lo up');
    const traffic = ping('127.0.0.1');
    const [first] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    assert.equal(JSON.parse(first.toString().split('\n')[0] ?? '').interface, 'lo');
    child.kill('SIGTERM');
    assert.equal((await finished(child)).code, 143);
    traffic.kill();
  });

  for (const [what, args, code, words] of [
    [
      'an interface that is not there',
      ['raw', 'nosuch0'],
      69,
      /no interface is called "nosuch0"; there are: lo/,
    ],
    ['a filter that does not compile', ['--filter', 'udp and', 'raw', 'lo'], 64, /syntax error/],
  ] as const)
    it(`refuses ${what} with ${code}`, async () => {
      const result = await finished(spy(...args));
      assert.equal(result.code, code);
      assert.match(result.stderr, words);
    });

  for (const word of ['packet-ring', 'cap'])
    it(`${word} without the capability: exit 77, its name and the remedy`, async () => {
      const child = ns.start(host, [
        ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
        ...[process.execPath, dipper, 'spy', word, 'lo'],
      ]);
      const { code, stdout, stderr } = await finished(child);
      assert.equal(code, 77);
      assert.equal(stdout, '');
      assert.match(stderr, /CAP_NET_RAW/);
      if (word === 'packet-ring')
        assert.match(stderr, /setpriv --inh-caps=\+net_raw --ambient-caps=\+net_raw/);
    });

  it('needs that capability and no other', async () => {
    const child = ns.start(host, [
      ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs'],
      ...['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw'],
      ...['--bounding-set=-all,+net_raw'],
      ...[process.execPath, dipper, 'spy', '-D', '0.5', 'raw', 'lo'],
    ]);
    assert.equal((await finished(child)).code, 0);
  });
});
