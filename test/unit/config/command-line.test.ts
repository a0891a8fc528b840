import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseCommandLine } from '../../../src/config/command-line.js';
import { daemonHelp } from '../../../src/config/command-line-help.js';
import { optionRows } from '../../../src/config/command-line-options.js';
import { DipperError } from '../../../src/errors.js';

const files = ['/home/operator/a.pcap', '/home/operator/eth0', '/captures/b.pcap'];
const around = {
  isFile: (path: string) => files.includes(path),
  isInterface: (name: string) => ['eth0', 'eth1', 'br-lan', 'ppp0'].includes(name),
  folder: '/home/operator',
};

const parse = (...argv: string[]) => parseCommandLine(argv, around);
const refusal = (...argv: string[]): string => {
  try {
    parse(...argv);
  } catch (error) {
    assert.ok(error instanceof DipperError);
    assert.equal(error.exitCode, 64);
    return error.message;
  }
  assert.fail('accepted');
};

/** role name [addresses] filter peer file */
const interfaces = (...argv: string[]) =>
  parse(...argv).interfaces.map(({ role, name, addresses, filter, peer, file }) =>
    [role, name, addresses.join(), filter ?? '', peer ?? '', file ?? ''].join('|'),
  );
const overrides = (...argv: string[]) =>
  parse(...argv).overrides.map(
    ({ section, key, index, text }) =>
      `${section}.${key}${index === undefined ? '' : `[${index}]`}=${text}`,
  );

describe('config command line', () => {
  it('takes the lines with which init scripts start netifyd 3.x and 4.x', () => {
    // OpenWrt, procd: every value of internal_if and external_if is one -I or -E with what follows it.
    assert.deepEqual(interfaces('-R', '-I', 'br-lan', '-E', 'eth0'), [
      'LAN|br-lan||||',
      'WAN|eth0||||',
    ]);
    assert.equal(parse('-R', '-I', 'br-lan', '-E', 'eth0').foreground, true);
    assert.deepEqual(
      interfaces(
        ...['-R', '-I', 'br-lan', '-F', 'not host 192.168.1.1 and not port 22', '-A'],
        ...['192.168.1.1/24', '-A', 'fd00::1/64', '-E', 'ppp0', '-N', 'eth1'],
      ),
      [
        'LAN|br-lan|192.168.1.1/24,fd00::1/64|not host 192.168.1.1 and not port 22||',
        'WAN|ppp0|||eth1|',
      ],
    );
    // Debian and Red Hat, by the computed options.
    assert.deepEqual(interfaces('-I', 'eth1', '-E', 'eth0', '--device-netlink=ppp0'), [
      'LAN|eth1||||',
      'WAN|eth0|||ppp0|',
    ]);
    // 4.x by its long names.
    assert.deepEqual(
      interfaces(
        ...['--remain-in-foreground', '--internal', 'br-lan', '--device-filter', 'tcp'],
        ...['--external', 'eth0', '--device-peer', 'ppp0', '--device-address=10.0.0.1/8'],
      ),
      ['LAN|br-lan||tcp||', 'WAN|eth0|10.0.0.1/8||ppp0|'],
    );
    const routers = parse(
      '-R',
      '-l',
      '-t',
      '--thread-detection-cores=2',
      '-c',
      '/etc/netifyd.conf',
    );
    assert.equal(routers.mode, 'run');
    assert.equal(routers.configFile, '/etc/netifyd.conf');
    assert.deepEqual(routers.notices, []);
  });

  it('takes short options in clusters and values without a blank', () => {
    const line = parse('-dddRIbr-lan', '-Eeth0', '-i30');
    assert.deepEqual([line.debug, line.foreground], [3, true]);
    assert.deepEqual(
      line.interfaces.map(({ name, flag }) => [name, flag]),
      [
        ['br-lan', '-I br-lan'],
        ['eth0', '-E eth0'],
      ],
    );
    assert.deepEqual(overrides('-dddRIbr-lan', '-i30'), [
      'dipperd.log_level=trace',
      'dipperd.update_interval=30',
    ]);
  });

  it('tells capture files from interfaces', () => {
    assert.deepEqual(interfaces('-I', 'br-lan,a.pcap', '-E', 'a.pcap', '-I', '/captures/b.pcap'), [
      'LAN|br-lan||||/home/operator/a.pcap',
      'WAN|offline0||||/home/operator/a.pcap',
      'LAN|offline1||||/captures/b.pcap',
    ]);
    // An interface wins over a file of its name; ./ makes it a file.
    assert.deepEqual(interfaces('-I', 'eth0'), ['LAN|eth0||||']);
    assert.deepEqual(interfaces('-I', './eth0'), [
      'LAN|offline0||||/home/operator/eth0'.replace('./', ''),
    ]);
    assert.match(refusal('-I', '/captures/none.pcap'), /no such capture file/);
    assert.match(refusal('-I', ',a.pcap'), /an interface, a comma and a capture file/);
  });

  it('sets keys of the configuration', () => {
    assert.deepEqual(
      overrides(
        ...['-j', 'out.json', '-l', '-t', '-r', '-u', 'AB-12-CD-34', '--workers', '4'],
        ...['--wait-for-client', '--insecure', '--log-level=warn', '-d'],
        ...['--set', 'socket.listen_port[1]=7151', '--set=flow-hash-cache.save=disabled'],
        ...['--set', 'capture-interface-eth0.100.filter=host 10.0.0.1 or port = 5'],
      ),
      [
        'dipperd.log_level=debug',
        'dipperd.json_save_path=/home/operator/out.json',
        'netlink.addresses=no',
        'netlink.conntrack=no',
        'capture-defaults.replay_delay=yes',
        'dipperd.uuid=AB-12-CD-34',
        'threads.workers=4',
        'socket.wait_for_client=yes',
        'socket.insecure=yes',
        'dipperd.log_level=warn',
        'socket.listen_port[1]=7151',
        'flow-hash-cache.save=disabled',
        'capture-interface-eth0.100.filter=host 10.0.0.1 or port = 5',
      ],
    );
  });

  it('knows the tasks that are not to run', () => {
    for (const [argv, mode] of [
      [['--check', '-c', 'x'], 'check'],
      [['-V'], 'version'],
      [['-?'], 'help'],
      [['-s'], 'status'],
      [['-p'], 'provision'],
      [['-U'], 'uuid'],
      [['--enable-sink'], 'nothing'],
      [['-s', '--help'], 'help'],
    ] as const) {
      assert.equal(parse(...argv).mode, mode, argv.join(' '));
    }
    const hash = parse('-S', 'x');
    assert.equal(hash.mode === 'hash' && hash.file, '/home/operator/x');
    const dump = parse('--dump-sort-by-tag', '-P', '--dump-with-categories');
    assert.ok(dump.mode === 'dump');
    assert.deepEqual([dump.subject, dump.sortByTag, dump.withCategories], ['all', true, true]);
    assert.match(refusal('-s', '-p'), /-s and -p are two tasks/);
  });

  it('accepts what only netifyd has, with one notice each', () => {
    const line = parse('-D', '-e', '-n', '-x', 'app == 1', '--thread-socket', '1', '-I', 'eth0');
    assert.equal(line.mode, 'run');
    assert.deepEqual(
      line.notices.map((notice) => notice.split(' ')[0]),
      ['-D', '-e', '-n', '-x', '--thread-socket'],
    );
    assert.match(line.notices[0] ?? '', /^-D has no meaning here: nothing is uploaded$/);
  });

  it('has every option of 3.07 and 4.5', () => {
    // getopt string of 3.07, and the letters that 4.x adds.
    for (const letter of '?A:c:DdE:eF:f:hI:i:j:lN:PpRrS:stT:Uu:vVnx:'.matchAll(/(.)(:?)/g)) {
      const [, short, colon] = letter;
      const row = optionRows.find((one) => one.short === (short === '?' ? 'h' : short));
      assert.ok(row, short);
      assert.equal(row.argument !== undefined, colon === ':', short);
    }
    const long =
      'internal external device-address device-filter device-netlink config debug debug-uploads debug-ether-names verbose sink-config json interval disable-netlink disable-conntrack protocols provision remain-in-foreground replay-delay hash-file status test-output uuid uuidgen version help enable-sink disable-sink force-reset thread-capture-base thread-conntrack thread-detection-base thread-detection-cores thread-sink thread-socket wait-for-client device-peer debug-ndpi debug-curl debug-flow-expression ndpi-config export-json dump-all dump-apps dump-applications dump-protos dump-protocols dump-categories dump-category dump-risks dump-sort-by-tag dump-with-categories export-apps lookup-ip enable-informatics disable-informatics';
    const known = optionRows.flatMap((row) => row.long);
    for (const name of long.split(' ')) assert.ok(known.includes(name), name);
    assert.equal(new Set(known).size, known.length);
  });

  it('looks at the real machine when it is not told of another', () => {
    const { interfaces: found } = parseCommandLine(['-I', 'lo', '-E', process.execPath]);
    assert.deepEqual(
      found.map(({ name, file }) => [name, file]),
      [
        ['lo', undefined],
        ['offline0', process.execPath],
      ],
    );
    assert.equal(parseCommandLine(['-I', 'a'.repeat(300)]).interfaces.length, 1);
  });

  it('refuses with a reason and a way out', () => {
    assert.match(refusal('-A', '10.0.0.1/8', '-I', 'eth0'), /stands before any interface/);
    assert.match(refusal('-N', 'ppp0'), /stands before any interface/);
    assert.match(refusal('-I', 'eth0', '-E', 'eth0'), /eth0 is already given by -I eth0/);
    assert.match(refusal('-I', 'eth0', '-F', 'a', '-F', 'b'), /eth0 has one already/);
    assert.equal(refusal('--interal'), 'no option is called --interal; did you mean `--internal`?');
    assert.equal(refusal('-Z'), 'no option is called -Z; see dipperd --help');
    assert.equal(refusal('-I'), '-I needs a value: -I IFACE');
    assert.match(refusal('--debug=3'), /takes no value/);
    assert.equal(
      refusal('--dump-category', 'protocoll'),
      '--dump-category protocoll: there are categories of type application and of type protocol; did you mean `protocol`?',
    );
    assert.match(refusal('--dump-category', 'risk'), /of type protocol$/);
    assert.equal(refusal('--dump-category'), '--dump-category needs a value: --dump-category TYPE');
    assert.match(refusal('eth0'), /belongs to no option/);
    assert.match(refusal('--', 'eth0'), /belongs to no option/);
    assert.match(refusal('--set', 'max_flows=1'), /write section\.key=value/);
    assert.match(refusal('--set', 'sokcet.framing=ndjson'), /did you mean `socket`/);
  });
});

describe('dipperd(8)', () => {
  it('has every option that means something, and no other', () => {
    const page = readFileSync(new URL('../../../../docs/man/dipperd.8', import.meta.url), 'utf8');
    const named = [...page.matchAll(/Fl -([a-z][a-z-]+)/g)].map(([, name]) => name as string);
    const meant = optionRows.filter(({ help }) => help !== undefined).flatMap(({ long }) => long);
    assert.deepEqual([...new Set(named)].sort(), [...meant].sort());
  });
});

describe('dipperd --help', () => {
  it('has every option that means something, in lines that fit', () => {
    const text = daemonHelp();
    for (const { long, help } of optionRows) {
      for (const name of long) {
        assert.equal(new RegExp(`--${name}\\b(?!-)`).test(text), help !== undefined, name);
      }
    }
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
  });
});
