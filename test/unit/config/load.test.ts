import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { largestFile } from '../../../src/config/ini-file.js';
import { listenersOf } from '../../../src/config/listeners.js';
import { loadConfig } from '../../../src/config/load.js';
import { ConfigError, originText } from '../../../src/config/problems.js';
import { interfaceSection, sections } from '../../../src/config/schema/index.js';
import { configure, path, problemsOf } from './configure.js';

const variable = (name: string) => `\${path_state${name}}`;

describe('config load', () => {
  it('needs nothing: every key has its default, and a socket and the loopback listen', () => {
    const { config, notices } = configure({});
    assert.deepEqual(notices, []);
    assert.equal(config.dipperd.update_interval, 15);
    assert.deepEqual(listenersOf(config), [
      { type: 'unix', path: '/run/dipperd/dipperd.sock', mode: 0o660, framing: 'netifyd' },
      { type: 'tcp', address: '127.0.0.1', port: 7150, framing: 'netifyd', insecure: false },
    ]);
    assert.deepEqual(config.interfaces, []);
  });

  it('is frozen at every depth', () => {
    const { config } = configure({ file: '[capture-interface-eth0]\nrole = lan\n' });
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.interfaces[0]?.address));
  });

  it('lets the flag win over the environment, that over the file, that over the default', () => {
    const file = '[dipperd]\nupdate_interval = 20\nmax_flows = 200\nttl_idle_flow = 2m\n';
    const environment = { DIPPER_UPDATE_INTERVAL: '30', DIPPER_MAX_FLOWS: '300' };
    const { config, places } = configure({ file, environment, argv: ['-i', '40'] });
    const { update_interval, max_flows, ttl_idle_flow, ttl_idle_tcp_flow } = config.dipperd;
    assert.deepEqual([update_interval, max_flows, ttl_idle_flow], [40, 300, 120]);
    assert.equal(ttl_idle_tcp_flow, 300);
    const origin = (key: string) => {
      const place = places.get(`/dipperd/${key}`);
      return place && originText(place.origin);
    };
    assert.deepEqual(
      ['update_interval', 'max_flows', 'ttl_idle_flow', 'ttl_idle_tcp_flow'].map(origin),
      ['-i', 'DIPPER_MAX_FLOWS', `${path}:4`, 'default'],
    );
  });

  it('reads the sections of netifyd 3.x and 4.x by either spelling', () => {
    for (const name of ['flow_hash_cache', 'flow-hash-cache', 'Flow-Hash_Cache']) {
      const { config } = configure({ file: `[${name}]\ncache_size = 77\nsave = volatile\n` });
      assert.equal(config.flow_hash_cache.cache_size, 77);
      assert.equal(config.flow_hash_cache.save, 'volatile');
    }
    const { config } = configure({ file: '[netifyd]\nMax_Flows = 9\n[dipperd]\nuser = dpi\n' });
    assert.deepEqual([config.dipperd.max_flows, config.dipperd.user], [9, 'dpi']);
  });

  it('reports everything that is wrong at once, in the order of the lines, with the nearest name', () => {
    assert.deepEqual(
      problemsOf({
        file: [
          '[netifyd]',
          'max_flwos = 3',
          'update_interval = 0',
          'json_save = maybe',
          'update_interval = 9',
          'log_level[1] = info',
          'uuid = x',
          '[sockets]',
          'ignored = 1',
          '[socket]',
          'framing = ndjsn',
          'listen_port[3] = 1',
          'cache_size = 1',
          'slow_client_bytes = 4MB',
          '[privacy_filter]',
          'mac[7] = 00:11:22:33:44',
          'mac[x] = 1',
          'host[0] = 300.1.1.1/8',
          '[capture-interface-eth0]',
          'address[0] = 10.0.0.1/33',
          'role = middle',
        ].join('\n'),
        environment: { DIPPER_THREADS_WORKERS: '65' },
        argv: ['--set', 'socket.max_client=3'],
      }),
      [
        '2: [netifyd] has no key `max_flwos`; did you mean `max_flows`?',
        '3: `dipperd.update_interval` is 0; it must be from 1 to 86400 s',
        '4: `json_save` = maybe: write yes or no',
        '5: `update_interval` is already given by 3; remove one',
        '6: `log_level` has one value; leave the [1] out',
        '7: `dipperd.uuid` is X; write four pairs of letters and digits, such as AB-12-CD-34',
        '8: no section is called [sockets]; did you mean `socket`?',
        '11: `socket.framing[0]` is ndjsn; choose from netifyd, ndjson; did you mean `ndjson`?',
        '12: `listen_port[3]` needs listen_path[3] or listen_address[3] beside it',
        '13: [socket] has no key `cache_size`; it belongs into [flow-hash-cache]',
        '14: `slow_client_bytes` = 4MB: write bytes, or with K, M, G or KiB, MiB, GiB (powers of 1024), such as 4M',
        '16: `privacy-filter.mac[0]` is 00:11:22:33:44; write six bytes in hexadecimal, such as 00:53:00:00:00:01',
        '17: "mac[x] = 1" is neither [section] nor key = value',
        '18: `host[0]` = 300.1.1.1/8: write an address with its prefix length, such as 192.168.1.1/24',
        '20: `address[0]` = 10.0.0.1/33: the prefix length is from 1 to 32',
        '21: `capture-interface-eth0.role` is middle; choose from LAN, WAN',
        '--set socket.max_client: [socket] has no key `max_client`; did you mean `max_clients`?',
        'DIPPER_THREADS_WORKERS: `threads.workers` is 65; it must be from -1 to 64 threads',
      ],
    );
  });

  it('accepts what only netifyd has, with one notice each', () => {
    const { notices } = configure({
      file: '[netifyd]\nenable_sink = no\nurl_sink = x\n[netify-api]\nvendor = EG\nupdate_interval = 1\n[watches]\na = /b\n[threads]\ncapture_base = 1\n[capture-interface-eth0]\nfanout_flags = defrag\n',
    });
    assert.deepEqual(notices.map((line) => line.replace(/^\S+:(\d+): (\S+) .*/, '$1 $2')).sort(), [
      '10 capture_base',
      '12 fanout_flags',
      '2 enable_sink',
      '3 url_sink',
      '4 [netify-api]',
      '7 [watches]',
    ]);
  });

  it('orders arrays by index, with gaps, and expands the state paths', () => {
    const { config } = configure({
      file: `[dipperd]\npath_state_volatile = /tmp/v/\n[capture-interface-br-lan]\naddress[7] = 10.0.0.1/8\naddress[2] = fd00::1/64\n[socket]\nlisten_path[5] = ${variable('_volatile')}/five.sock\nlisten_path[1] = /one.sock\nframing = ndjson\nframing[5] = netifyd\n`,
    });
    assert.deepEqual(config.interfaces[0]?.address, ['fd00::1/64', '10.0.0.1/8']);
    assert.deepEqual(
      listenersOf(config).map((one) => one.type === 'unix' && [one.path, one.framing]),
      [
        ['/one.sock', 'ndjson'],
        ['/tmp/v/five.sock', 'netifyd'],
      ],
    );
    assert.equal(config.dipperd.path_pid_file, '/tmp/v/dipperd.pid');
    assert.deepEqual(problemsOf({ file: `[dipperd]\npath_uuid = ${variable('')}/x\n` }), [
      `2: \`dipperd.path_uuid\`: no variable is called ${variable('')}`,
    ]);
    assert.equal(
      problemsOf({ file: `[dipperd]\npath_state_volatile = ${variable('_persistent')}/x\n` })
        .length,
      1,
    );
  });

  it('makes two listeners of an index with address and path', () => {
    const { config } = configure({
      file: '[socket]\nlisten_address[0] = 127.0.0.1\nlisten_port[0] = http\nlisten_path[0] = /a.sock\nlisten_path_mode[0] = 0666\n',
    });
    assert.deepEqual(
      listenersOf(config).map((one) => (one.type === 'unix' ? one.mode : one.port)),
      [0o666, 80],
    );
  });

  it('lets an empty path turn the listener off', () => {
    const { config } = configure({ file: '[socket]\nlisten_path[0] =\n' });
    assert.deepEqual(listenersOf(config), []);
  });

  it('gives an interface the capture defaults that it does not set itself', () => {
    const { config, notices } = configure({
      file: '[capture-defaults-tpv3]\nrb_blocks = 32\nfanout_mode = lb\n[capture-interface-eth0]\nrb_blocks = 16\n[capture-interface-eth1]\ncapture_type = tpv3\n',
      argv: ['-E', 'eth1', '-F', 'not port 22', '-A', '10.0.0.1/8', '-r'],
    });
    const [eth0, eth1] = config.interfaces;
    assert.deepEqual([eth0?.rb_blocks, eth1?.rb_blocks, eth1?.fanout_mode], [16, 32, 'hash']);
    assert.deepEqual([eth0?.role, eth1?.role, eth1?.filter], [undefined, 'WAN', 'not port 22']);
    assert.deepEqual([eth1?.address, eth1?.replay_delay], [['10.0.0.1/8'], true]);
    assert.deepEqual(notices, [
      `${path}:3: fanout_mode = lb is read as hash`,
      `${path}:7: capture_type = tpv3 is read as packet-ring`,
    ]);
  });

  it('takes any key from the environment, and says when no key has the name', () => {
    const { config, notices } = configure({
      file: '[capture-interface-br-lan]\n',
      environment: {
        DIPPER_SOCKET_LISTEN_PORT_1: '7151',
        DIPPER_SOCKET_LISTEN_ADDRESS_1: '::1',
        DIPPER_CAPTURE_INTERFACE_BR_LAN_FILTER: 'tcp',
        DIPPER_CAPTURE_INTERFACE_BR_LAN_ADDRESS_0: '10.0.0.1/8',
        DIPPER_FLOW_HASH_CACHE_ENABLE: 'no',
        DIPPER_LOG_LEVEL: '',
        DIPPER_LOG_LEVL: 'debug',
        DIPPER_CONFIG: 'elsewhere',
        PATH: '/bin',
      },
    });
    assert.equal(listenersOf(config).length, 1);
    assert.equal(config.socket.listeners[0]?.listen_port, 7151);
    assert.equal(config.interfaces[0]?.filter, 'tcp');
    assert.deepEqual(config.interfaces[0]?.address, ['10.0.0.1/8']);
    assert.equal(config.flow_hash_cache.enable, false);
    assert.deepEqual(notices, [
      'DIPPER_LOG_LEVL: no key has this name; did you mean `DIPPER_LOG_LEVEL`?',
    ]);
  });

  it('lets what is said of all win over what is said of one only from a stronger source', () => {
    const file =
      '[socket]\nlisten_address[0] = 0.0.0.0\ninsecure[0] = no\n[capture-interface-eth0]\npromiscuous = no\nreplay_delay = no\n';
    const environment = { DIPPER_CAPTURE_DEFAULTS_PROMISCUOUS: 'yes' };
    const { config } = configure({ file, environment, argv: ['--insecure'] });
    assert.equal(config.socket.listeners[0]?.insecure, true);
    assert.deepEqual(
      [config.interfaces[0]?.promiscuous, config.interfaces[0]?.replay_delay],
      [true, false],
    );
    const both = `${file}[capture-defaults]\npromiscuous = yes\n`;
    const same = configure({ file: both, argv: ['--insecure'] }).config;
    assert.equal(same.interfaces[0]?.promiscuous, false);
  });

  it('refuses two sections of one interface', () => {
    const file = '[capture-interface-a]\n[capture-interface-b]\n[capture_interface_a]\n';
    assert.deepEqual(problemsOf({ file }), [
      '3: [capture-interface-a] is already there: 1; join the two',
    ]);
  });

  it('asks the parts above, and gives their verdict a place', () => {
    const judge = () => [{ pointer: '/interfaces/0/filter', message: 'is no filter' }];
    assert.throws(
      () => configure({ file: '[capture-interface-a]\nfilter = tcp\n' }, { judge }),
      /dipperd\.conf:2: `capture-interface-a\.filter` is no filter$/,
    );
  });

  it('ends quickly on a file made to be slow, with a hundred problems', () => {
    for (const line of ['max_flow_ = 1\n', '[sokcets]\n', 'url_sink = 1\n', 'max_flows = 1\n']) {
      const file = `[dipperd]\n${line.repeat(largestFile / line.length - 2)}`;
      const start = performance.now();
      const lines = problemsOf({ file });
      assert.ok(lines.length <= 102, String(lines.length));
      assert.ok(performance.now() - start < 10_000);
    }
  }).timeout(60_000);

  it('throws nothing but ConfigError, whatever the file says', () => {
    const names = [...sections.map(({ name }) => name), 'netifyd', 'capture-interface-eth0', 'x'];
    const keys = [
      ...sections.flatMap(({ keys: own, group }) => [
        ...Object.keys(own),
        ...Object.keys(group?.keys ?? {}),
      ]),
      ...Object.keys(interfaceSection.keys),
      ...['__proto__', 'constructor', 'toString', 'url_sink'],
    ];
    const value = fc.oneof(
      fc.constantFrom(
        '',
        'yes',
        '0',
        '-1',
        '4M',
        '5m',
        '10.0.0.1/8',
        '/a',
        '::1',
        'ndjson',
        'hash',
      ),
      fc.string({ maxLength: 20 }),
    );
    const line = fc.oneof(
      fc.constantFrom(...names, '__proto__', 'capture-interface-__proto__').map((n) => `[${n}]`),
      fc
        .tuple(fc.constantFrom(...keys), fc.constantFrom('', '[0]', '[7]', '[]', '[1023]'), value)
        .map(([key, index, text]) => `${key}${index} = ${text}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const file = lines.join('\n');
        // problemsOf lets every other error through.
        if (problemsOf({ file }).length === 0) assert.ok(configure({ file }).config.dipperd);
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it('bounds lists, words and texts', () => {
    const long = 'a'.repeat(4097);
    const many = Array.from({ length: 65 }, (_, i) => `listen_path[${i}] = /${i}`).join('\n');
    assert.deepEqual(
      problemsOf({
        file: `[dipperd]\nuuid_site = ${long}\ntunnels = gre, vxlna\nuser = a b\n[socket]\n${many}\n`,
      }),
      [
        '2: `dipperd.uuid_site` is longer than 4096 characters; shorten it',
        '3: `dipperd.tunnels` is vxlna; choose from gtp_u, capwap, tzsp, gre, vxlan, ip_in_ip, teredo; did you mean `vxlan`?',
        '4: `dipperd.user` is a b; write a name without blanks and slashes, at most 64 characters',
        '`socket.listeners` has too many entries; at most 64',
      ],
    );
    assert.match(problemsOf({ file: '[dipperd]\ntunnels = gre gre\n' }).join(), /the same twice/);
    const { config } = configure({ file: '[dipperd]\ntunnels = none\n' });
    assert.deepEqual(config.dipperd.tunnels, []);
  });

  it('never shows a token in a message', () => {
    const [line] = problemsOf({ file: '[socket]\nlisten_address[0] = ::1\ntoken[0] = short\n' });
    assert.match(line ?? '', /token\[0\]` is not usable; write 16 to 512 printable/);
    assert.doesNotMatch(line ?? '', /short/);
  });

  describe('from files', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'dipper-config-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('reads the one of -c, else of DIPPER_CONFIG, else the default if it is there', () => {
      const file = (name: string, size: number) => {
        writeFileSync(join(folder, name), `[dipperd]\nmax_flows = ${size}\n`);
        return join(folder, name);
      };
      const environment = { DIPPER_CONFIG: file('e', 2) };
      const commandLine = { configFile: file('c', 1), interfaces: [], overrides: [] };
      const defaultFile = file('d', 3);
      const size = (options: Parameters<typeof loadConfig>[0]) =>
        loadConfig(options).config.dipperd.max_flows;
      assert.equal(size({ commandLine, environment, defaultFile }), 1);
      assert.equal(size({ environment, defaultFile }), 2);
      assert.equal(size({ environment: {}, defaultFile }), 3);
      assert.equal(loadConfig({ environment: {}, defaultFile: 'none' }).file, undefined);
      const none = join(folder, 'none');
      assert.equal(loadConfig({ environment: {}, defaultFile: none }).file, undefined);
      assert.throws(
        () => loadConfig({ environment: { DIPPER_CONFIG: none } }),
        (error) => error instanceof ConfigError && error.exitCode === 78,
      );
    });

    it('looks whether files that keys name can be read', () => {
      const key = join(folder, 'key');
      writeFileSync(key, 'x');
      chmodSync(key, 0o600);
      const file = join(folder, 'conf');
      writeFileSync(
        file,
        `[socket]\nlisten_address[0] = 0.0.0.0\ntls_cert[0] = ${folder}/no.pem\ntls_key[0] = ${key}\n[ndpi]\nja3_file = ${folder}\n`,
      );
      const commandLine = { configFile: file, interfaces: [], overrides: [] };
      assert.throws(
        () => loadConfig({ commandLine, environment: {} }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.deepEqual(
            error.message.split('\n').map((line) => line.replaceAll(folder, '')),
            [
              'the configuration has 2 problems:',
              '/conf:3: `socket.tls_cert[0]` names /no.pem: no such file; check the path',
              '/conf:6: `ndpi.ja3_file` names : is a folder; name a file',
            ],
          );
          return true;
        },
      );
    });
  });
});
