// The privacy filter on every type of message: nothing that was to be masked is left in any notation, joins go on
// working, and what cannot be redacted is not sent.
import assert from 'node:assert/strict';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import type { PrivacyOptions } from '../../../src/flow/privacy-options.js';
import { messages } from '../../../src/messages/index.js';
import { examples } from '../messages/examples.js';
import { create, flowOf, type Message, redacted } from './privacy-rig.js';

/** What is keyed in every flow. */
const digestsOf = ({ digest, digest_prev, twin_digest }: typeof examples.flow.flow) => ({
  digest,
  digest_prev,
  twin_digest,
});

describe('privacy filter', function () {
  this.timeout(20_000);
  it('masks the local side by MAC and the other side by address', async () => {
    const filter = await create({ macs: ['02-00-00-00-00-01'], hosts: ['198.51.100.0/24'] });
    const { flow } = redacted(filter, flowOf({ other_ip: '::ffff:198.51.100.9' }));
    assert.equal(flow.local_mac, '00:52:14:00:00:00');
    assert.equal(flow.local_ip, '127.255.0.253');
    assert.equal(flow.other_mac, '00:52:ff:00:00:00');
    assert.equal(flow.other_ip, '127.255.0.254');
    assert.notEqual(flow.community_id, examples.flow.flow.community_id);
    assert.match(flow.community_id, /^1:[A-Za-z0-9+/]{27}=$/);
    const six = redacted(filter, flowOf({ local_ip: '2001:db8::1', ip_version: 6 })).flow;
    assert.equal(six.local_ip, 'fe80::ffff:7fff:fd');
  });

  it('leaves other hosts alone, but for the keyed digest', async () => {
    const filter = await create({ hosts: ['203.0.113.77'] });
    const { flow } = redacted(filter, examples.flow);
    assert.notEqual(flow.digest, examples.flow.flow.digest);
    assert.deepEqual({ ...flow, ...digestsOf(examples.flow.flow) }, examples.flow.flow);
  });

  it('keeps one digest for all messages of a flow and another for each key', async () => {
    const filter = await create({ hosts: ['192.0.2.10'] });
    const digests = ['flow', 'flow_dpi_update', 'flow_stats', 'flow_purge'].map(
      (type) => redacted(filter, examples[type as 'flow']).flow.digest,
    );
    assert.equal(new Set(digests).size, 1);
    assert.match(digests[0] ?? '', /^[0-9a-f]{40}$/);
    const again = redacted(await create({ hosts: ['192.0.2.10'] }), examples.flow).flow.digest;
    assert.equal(again, digests[0], 'configured anew');
    const digestKey = Buffer.alloc(32, 1);
    const others = redacted(await create({ digestKey }), examples.flow).flow.digest;
    assert.notEqual(others, digests[0]);
    const message = flowOf({ twin_digest: examples.flow.flow.digest, digest_prev: ['ab', 'cd'] });
    const { flow } = redacted(filter, message);
    assert.equal(flow.twin_digest, flow.digest, 'twins still meet');
    assert.match(flow.digest_prev.join(), /^[0-9a-f]{40},[0-9a-f]{40}$/);
  });

  it('masks what was told before by the same rules', async () => {
    const previous = {
      detected_protocol_name: 'mDNS',
      host_server_name: 'desk-of-anna.local',
      digest_prev: ['fedcba9876543210fedcba9876543210fedcba98'],
      ndpi: { app: 'dns' },
      ssl: { client_sni: 'v4-192-0-2-10.example.net' },
    };
    const update = (members: object): Message => ({
      ...structuredClone(examples.flow_dpi_update),
      flow: { ...structuredClone(examples.flow_dpi_update.flow), previous, ...members },
    });
    const filter = await create({
      hosts: ['192.0.2.10', 'dns'],
      resolve: async () => ['192.0.2.53'],
    });
    const text = JSON.stringify(redacted(filter, update({})));
    for (const secret of ['anna', '192.0.2.10', '192-0-2-10', 'fedcba98'])
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
    const { flow } = redacted(filter, update({}));
    assert.equal(flow.previous.ndpi.app, 'dns', 'our own words stay');
    assert.deepEqual(flow.changed, examples.flow_dpi_update.flow.changed);
    assert.match(flow.previous.digest_prev[0], /^[0-9a-f]{40}$/);
    // A flow without a masked side keeps what it said.
    const other = redacted(filter, update({ local_ip: '192.0.2.11', other_ip: '198.51.100.10' }));
    assert.equal(other.flow.previous.host_server_name, 'desk-of-anna.local');
  });

  it('finds the masked host in every member and notation', async () => {
    const filter = await create({
      hosts: ['192.0.2.10', '2001:db8::1', 'laptop.example'],
      resolve: async () => ['203.0.113.77'],
    });
    const message = flowOf({
      local_ip: '::FFFF:192.0.2.10',
      host_server_name: '192.0.2.10',
      http: { url: 'http://[2001:DB8:0::1]/?from=192.0.2.10', user_agent: 'x LAPTOP.EXAMPLE y' },
      dhcp: { class_ident: 'udhcp 192-0-2-10', fingerprint: '1,3' },
      ssl: {
        client_sni: 'laptop.example',
        alpn: ['h2'],
        server_names: ['a.example', 'Laptop.example.'],
      },
      conntrack: { reply_src_ip: '198.51.100.9', reply_dst_ip: '203.0.113.77' },
      gtp: { local_ip: '192.0.2.10', other_ip: '203.0.113.77', other_type: 'local' },
      ssdp: { '192.0.2.10': '0xC000020A' },
    });
    const text = JSON.stringify(redacted(filter, message)).toLowerCase();
    for (const trace of [
      '192.0.2.10',
      '192-0-2-10',
      '2001:db8',
      'laptop',
      'c000020a',
      '203.0.113.77',
      '3221226',
    ])
      assert.ok(!text.includes(trace), `${trace} in ${text}`);
    assert.ok(text.includes('a.example'));
  });

  it('masks the names by which a masked host calls itself', async () => {
    const filter = await create({ hosts: ['192.0.2.10'], fields: ['http.user_agent'] });
    const { flow } = redacted(
      filter,
      flowOf({
        detected_protocol_name: 'DHCP',
        host_server_name: 'annas-phone',
        kerberos: { username: 'anna', realm: 'EXAMPLE' },
        http: { user_agent: 'Anna/1.0', method: 'GET' },
      }),
    );
    assert.equal(flow.host_server_name, 'masked.invalid');
    assert.deepEqual(flow.kerberos, { username: 'masked.invalid', realm: 'EXAMPLE' });
    assert.deepEqual(flow.http, { user_agent: 'masked.invalid', method: 'GET' });
  });

  it('knows the addresses of a masked device where its MAC is not', async () => {
    let now = 1_700_000_000_000;
    const filter = await create({ macs: ['02:00:00:00:00:01'], now: () => now });
    const routed = flowOf({ local_mac: '02:00:00:00:00:77' });
    assert.equal(redacted(filter, routed).flow.local_ip, '192.0.2.10', 'not seen yet');
    redacted(filter, examples.flow);
    const { flow } = redacted(filter, routed);
    assert.deepEqual([flow.local_ip, flow.local_mac], ['127.255.0.253', '00:52:14:00:00:00']);
    now += 3_600_000;
    assert.equal(redacted(filter, routed).flow.local_ip, '192.0.2.10', 'given to another since');
    for (let i = 0; i < 5000; i += 1)
      redacted(filter, flowOf({ local_ip: `10.0.${i >> 8}.${i & 255}` }));
    const first = flowOf({ local_mac: '02:00:00:00:00:77', local_ip: '10.0.0.1' });
    assert.equal(redacted(filter, first).flow.local_ip, '10.0.0.1', 'only so many are kept');
  });

  it('finds a name beyond ASCII in both of its forms', async () => {
    const filter = await create({ hosts: ['Büro.example'], resolve: async () => ['203.0.113.1'] });
    for (const name of ['büro.example', 'BÜRO.example.', 'xn--bro-hoa.example'])
      assert.match(
        redacted(filter, flowOf({ host_server_name: name })).flow.host_server_name,
        /^masked\.invalid\.?$/,
      );
  });

  it('masks devices and interfaces with all their addresses', async () => {
    const filter = await create({ macs: ['02:00:00:00:00:01'], hosts: ['192.0.2.50'] });
    const status = redacted(filter, {
      type: 'agent_status',
      devices: {
        '02:00:00:00:00:01': ['192.0.2.10', 'fe80::1', 'fe80::2'],
        '02:00:00:00:00:05': ['192.0.2.50'],
        '02:00:00:00:00:06': ['192.0.2.60'],
      },
      interfaces: { lan0: { role: 'LAN', mac: '02:00:00:00:00:01' } },
    });
    assert.deepEqual(status.devices, {
      '00:52:14:00:00:00': ['127.255.0.253', 'fe80::ffff:7fff:fd'],
      '02:00:00:00:00:06': ['192.0.2.60'],
    });
    assert.equal(status.interfaces.lan0.mac, '00:52:14:00:00:00');
    const endpoints = redacted(filter, { type: 'endpoints', '02:00:00:00:00:01': ['192.0.2.10'] });
    assert.deepEqual(endpoints, { type: 'endpoints', '00:52:14:00:00:00': ['127.255.0.253'] });
  });

  it('masks the addresses of the outside, also those of before', async () => {
    let wan = ['203.0.113.5', '2001:db8:1::5'];
    const filter = await create({ privateExternalAddresses: true, wanAddresses: () => wan });
    const interfaces = {
      type: 'interfaces',
      wan0: { addr: [...wan, '10.0.0.1'], mac: '02:00:00:00:00:09', role: 'wan' },
    };
    assert.deepEqual(redacted(filter, interfaces).wan0.addr, [
      '127.255.0.1',
      'fe80::ffff:7fff:2',
      '10.0.0.1',
    ]);
    wan = ['203.0.113.6'];
    assert.equal(
      redacted(filter, flowOf({ local_ip: '203.0.113.6' })).flow.local_ip,
      '127.255.0.3',
    );
    const old = redacted(filter, flowOf({ local_ip: '203.0.113.5' })).flow;
    assert.equal(old.local_ip, '127.255.0.1');
    assert.notEqual(old.community_id, examples.flow.flow.community_id);
  });

  it('replaces by expression in the named fields alone', async () => {
    const regex = [
      {
        name: 'regex_search[0]',
        search: '^[^.]+\\.(corp\\.example)$',
        replace: 'x.$1',
        fields: ['host_server_name'],
      },
    ];
    const filter = await create({ regex });
    const { flow } = redacted(
      filter,
      flowOf({ host_server_name: 'Secret.corp.example', http: { url: 'secret.corp.example' } }),
    );
    assert.equal(flow.host_server_name, 'x.corp.example');
    assert.equal(flow.http.url, 'secret.corp.example');
    const empty = await create({
      regex: [{ name: 'r', search: '.*', replace: '', fields: ['host_server_name'] }],
    });
    assert.ok(!('host_server_name' in redacted(empty, examples.flow).flow));
  });

  it('names the rule that is wrong', async () => {
    const code = 'ERR_CONFIG_INVALID';
    await assert.rejects(create({ macs: ['nonsense'] }), { code, message: /"nonsense" is no MAC/ });
    await assert.rejects(create({ hosts: ['192.0.2.0/33'] }), {
      code,
      message: /neither an address nor/,
    });
    const resolve = () => Promise.reject(new Error('ENOTFOUND'));
    await assert.rejects(create({ hosts: ['gone.invalid'], resolve }), {
      code,
      message: /gone.invalid.*no address/,
    });
    const regex = [{ name: 'regex_search[3]', search: '(a)\\1', replace: '', fields: [] }];
    await assert.rejects(create({ regex }), {
      code,
      message: /regex_search\[3\] has a back-reference/,
    });
  });

  it('does not change our own words for a host that is called like one', async () => {
    const filter = await create({
      hosts: ['flow', 'tls', 'google', 'local_ip'],
      resolve: async () => ['203.0.113.9'],
    });
    const result = redacted(filter, examples.flow);
    assert.deepEqual(
      { ...result, flow: { ...result.flow, ...digestsOf(examples.flow.flow) } },
      examples.flow,
    );
  });

  it('drops and counts what it cannot redact', async () => {
    let reports = 0;
    const log = {
      error: () => {
        reports += 1;
      },
    } as unknown as PrivacyOptions['log'];
    const filter = await PrivacyFilter.create({
      log,
      privateExternalAddresses: true,
      wanAddresses: () => {
        throw new Error('gone');
      },
    });
    for (let i = 0; i < 5; i += 1) assert.equal(filter.redact(examples.flow), undefined);
    assert.deepEqual(filter.counters(), { messages: 0, suppressed: 0, failed: 5 });
    assert.equal(reports, 3, 'said for the first, second and fourth');
    assert.equal(filter.redactLines(Buffer.from('{}\n{}\n{}\n')).length, 0);
    assert.equal(filter.counters().failed, 8);
    const lines = await create({ hosts: ['192.0.2.10'] });
    const output = lines
      .redactLines(Buffer.from(`{"type":broken 192.0.2.10\n${JSON.stringify(examples.flow)}\n`))
      .toString();
    assert.match(output, /^\{"type":"flow",.*\}\n$/);
    assert.ok(!output.includes('192.0.2.10'));
    assert.equal(lines.counters().failed, 1);
  });

  it('holds back packets of unknown flows that show what is masked', async () => {
    const filter = await create({
      macs: ['02:00:00:00:00:01'],
      hosts: ['192.0.2.10', '198.51.100.0/24', 'laptop.example'],
      resolve: async () => ['203.0.113.9'],
    });
    const capture = (...bytes: Buffer[]) => ({
      type: 'unknown_packets',
      digest: 'ab',
      link_type: 1,
      packets: bytes.map((b) => ['1', b.length, b.toString('base64')]),
    });
    const clean = Buffer.from('450000140000000040110000cb007101cb007102', 'hex');
    const passed = redacted(filter, capture(clean));
    assert.match(passed.digest, /^[0-9a-f]{40}$/);
    assert.deepEqual(passed.packets, capture(clean).packets);
    const showing = [
      Buffer.from('020000000001', 'hex'),
      Buffer.from('c000020a', 'hex'),
      Buffer.from('c63364ff', 'hex'),
      Buffer.from('Host: 192.0.2.10\r\n'),
      Buffer.from('\x06laptop\x07example\x00'),
      Buffer.from('LAPTOP.example'),
    ];
    for (const part of showing)
      assert.equal(
        filter.redact(capture(clean, Buffer.concat([clean, part]))),
        undefined,
        part.toString('latin1'),
      );
    assert.equal(filter.counters().suppressed, showing.length);
  });

  it('lets every type of message pass and keeps the order of its members', async () => {
    const filter = await create({ hosts: ['0.0.0.0/0', '::/0'], macs: [] });
    const all = examples as Record<string, Message>;
    for (const type of Object.keys(messages)) {
      const result = redacted(filter, all[type]);
      assert.equal(result.type, type);
      assert.equal(Object.keys(result)[0], Object.keys(all[type])[0]);
    }
    assert.equal(filter.counters().failed, 0);
  });
});
