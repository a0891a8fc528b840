// libndpi's own files change under load: flows to come are named by the new ones, no packet and no event is lost, and a file
// that libndpi refuses changes nothing and is said with its line.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dipperd, Reader } from './dipperd.js';
import { udpFrame, writePcap } from './frames.js';
import { Namespaces } from './namespaces.js';

const pairs = 50;

describe('dipperd and other files of libndpi', function () {
  this.timeout(120_000);
  const net = new Namespaces();
  const [here, there] = [net.add('a'), net.add('b')];
  const [first, second] = [join(net.folder, 'first.txt'), join(net.folder, 'second.txt')];
  const file = join(net.folder, 'dipperd.conf');
  let daemon: Dipperd;
  let reader: Reader;
  let port = 41_000;

  const configure = (protocols: string): void =>
    writeFileSync(
      file,
      `[dipperd]\nupdate_interval = 60\n[capture-interface-b0]\nrole = LAN\n[ndpi]\nprotocols_file = ${protocols}\n[socket]\ndump_unknown_flows = yes\nlisten_address[0] = 127.0.0.1\n`,
    );
  const totals = async () =>
    (await daemon.captures()).find(({ name }) => name === 'b0')?.counters.totals;
  /** What a flow that begins now is called. */
  const protocolNow = async (): Promise<string> => {
    const mine = port++;
    const frames = Array.from({ length: 40 }, (_, i) => udpFrame(200, i % 2 === 1, { port: mine }));
    const pcap = writePcap(join(net.folder, `${mine}.pcap`), frames);
    net.run(here, 'tcpreplay', '-q', '-i', 'a0', pcap);
    const flows = () => reader.of('flow').filter(({ flow }) => flow.local_port === mine);
    await reader.until(() => flows().length > 0, `the flow of port ${mine}`);
    return flows()[0]?.flow.detected_protocol_name ?? '';
  };

  before(async () => {
    for (const name of [here, there])
      net.sysctl(name, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    net.link(here, 'a0', there, 'b0');
    writeFileSync(first, 'udp:50000@FirstName\n');
    writeFileSync(second, 'udp:50000@SecondName\n');
    configure(first);
    daemon = await new Dipperd(net, there, ['-c', file]).start();
    reader = new Reader(net, there);
    await reader.until(() => reader.of('agent_hello').length === 1, 'agent_hello');
    const pcap = writePcap(
      join(net.folder, 'pairs.pcap'),
      Array.from({ length: 2 * pairs }, (_, i) => udpFrame(i >> 1, i % 2 === 1)),
    );
    net.start(here, ['tcpreplay', '-q', '-i', 'a0', '--loop=0', '--pps=5000', pcap]);
    await reader.until(() => reader.of('flow').length >= pairs, 'all flows', 30_000);
  });
  after(async () => await net.close());

  it('begins with the files of the configuration', async () => {
    assert.equal(await protocolNow(), 'FirstName');
  });

  it('takes over a file that changed by itself', async () => {
    const names = reader.of('definitions').length;
    writeFileSync(first, 'udp:50000@OtherName\n');
    await reader.until(() => reader.of('definitions').length > names, 'the new names');
    assert.equal(await protocolNow(), 'OtherName');
  });

  it('takes over another file by reload', async () => {
    configure(second);
    const answer = await daemon.ask('reload');
    assert.ok(answer.ok, answer.message);
    assert.match(answer.message, /ndpi\.protocols_file: .*first\.txt -> .*second\.txt$/m);
    assert.equal(await protocolNow(), 'SecondName');
  });

  it('stays with what it has when libndpi refuses a file, and says where', async () => {
    writeFileSync(second, '# ours\nudp:50000@ThirdName\nnonsense without meaning\n');
    const answer = await daemon.ask('reload');
    assert.equal(answer.ok, false);
    assert.match(
      answer.message,
      /second\.txt:3: libndpi knows no such rule: "nonsense without meaning"/,
    );
    assert.equal(await protocolNow(), 'SecondName');
    configure(join(net.folder, 'missing.txt'));
    assert.match((await daemon.ask('reload')).message, /missing\.txt: no such file/);
    assert.equal(await protocolNow(), 'SecondName');
  });

  it('loses no packet and no event over twenty changes', async () => {
    configure(first);
    for (let i = 0; i < 20; i++) {
      writeFileSync(first, `udp:50000@Name${i}\n# ${'x'.repeat(i)}\n`);
      const answer = await daemon.ask('reload');
      assert.ok(answer.ok, answer.message);
    }
    assert.equal(await protocolNow(), 'Name19');
    const counters = await totals();
    process.stdout.write(
      `      ${counters?.packets_read} packets, ${counters?.kernel_dropped} lost, generation ${counters?.ndpi_generation}, ${counters?.ndpi_modules} modules\n`,
    );
    assert.ok((counters?.packets_read ?? 0) > 5000);
    assert.equal(counters?.kernel_dropped, 0);
    assert.equal(counters?.events_lost, 0);
    assert.ok((counters?.ndpi_generation ?? 0) >= 20);
    assert.ok((counters?.ndpi_modules ?? 9) <= 2);
    const live = reader.messages.slice(5).map(({ seq }) => seq);
    for (const [i, seq] of live.entries())
      if (i > 0) assert.equal(seq, (live[i - 1] ?? 0) + 1, `message ${i}`);
  });
});
