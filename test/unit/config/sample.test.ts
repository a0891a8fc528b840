import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseIni } from '../../../src/config/ini-file.js';
import { migrationText } from '../../../src/config/migration.js';
import { referenceText } from '../../../src/config/reference.js';
import { sampleText } from '../../../src/config/sample.js';
import { showJson, showText } from '../../../src/config/show.js';
import { fileText } from '../../../src/config/text.js';
import { configure } from './configure.js';

const committed = (path: string) =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

describe('config sample and reference', () => {
  it('are committed as they are made (npm run docs)', () => {
    assert.equal(committed('etc/dipperd.conf'), sampleText());
    assert.equal(committed('docs/reference/configuration.md'), referenceText());
    assert.equal(committed('docs/migration-from-netifyd.md'), migrationText());
  });

  it('is a configuration that changes nothing', () => {
    assert.deepEqual(configure({ file: sampleText() }).config, configure({}).config);
  });

  it('is right in every line that has a default', () => {
    // Without the lines that are examples: keys without default, and what needs TCP or an interface.
    const examples =
      /^#(uuid|uuid_serial|uuid_site|user|group|max_tcp_pkts|max_udp_pkts|\w+_file|listen_address|listen_path_group|tls_\w+|token\w*|mac|host|regex_\w+|role|address|peer|filter|filename|database|directory|domain_directory|file|\[capture)\b.*$/gm;
    const text = sampleText()
      .replaceAll(examples, '')
      .replaceAll(/^#(?=[a-z])/gm, '');
    const { config, notices } = configure({ file: text });
    // The sample writes one of the two listeners that are there without any.
    const { socket, ...others } = configure({}).config;
    assert.deepEqual(config, {
      ...others,
      socket: { ...socket, listeners: socket.listeners.slice(0, 1) },
    });
    assert.deepEqual(notices, []);
  });

  it('is right in every line', () => {
    const text = sampleText()
      .replaceAll(/^#(?=[a-z[])/gm, '')
      .replace(/^token\[0\] =.*$/m, '');
    const { config } = configure({ file: text });
    assert.equal(config.interfaces[0]?.name, 'eth0');
    assert.equal(config.socket.listeners.length, 1);
    assert.equal(config.privacy_filter.replacements.length, 1);
  });

  it('keeps lines short enough for a terminal', () => {
    for (const line of sampleText().split('\n')) assert.ok(line.length <= 100, line);
  });
});

describe('config show', function () {
  this.timeout(20_000);
  const file =
    "[netifyd]\nupdate_interval = 30\n[socket]\nlisten_path[4] = /a.sock\nlisten_path_mode[4] = 0600\nlisten_address[4] = ::1\n[privacy-filter]\nmac[3] = AA-BB-CC-00-00-01\nregex_search[2] = \"^a;b#'c$\"\nregex_replace[2] = 'x \"y\"'\n[capture-interface-eth0.100]\nfilter = 'tcp; x'\naddress[9] = 10.0.0.1/8\n";

  it('prints a file that gives the same configuration', () => {
    const first = configure({ file, environment: { DIPPER_MAX_FLOWS: '5' }, argv: ['-E', 'eth1'] });
    for (const origin of [false, true]) {
      const again = configure({ file: showText(first, { origin }) });
      assert.deepEqual(again.config, first.config);
    }
  });

  it('says where each value is from', () => {
    const loaded = configure({
      file,
      environment: { DIPPER_MAX_FLOWS: '5' },
      argv: ['-E', 'eth1'],
    });
    const text = showText(loaded, { origin: true });
    assert.match(text, /^update_interval = 30 +; \/etc\/dipperd\.conf:2$/m);
    assert.match(text, /^max_flows = 5 +; DIPPER_MAX_FLOWS$/m);
    assert.match(text, /^ttl_idle_flow = 30 +; default$/m);
    assert.match(text, /^\[capture-interface-eth1\]\nrole = WAN +; -E eth1$/m);
    const json = JSON.parse(showJson(loaded, { origin: true })) as Record<string, never>;
    assert.equal(json.origins?.['socket.listen_path[4]'], '/etc/dipperd.conf:4');
    assert.equal(json.file, '/etc/dipperd.conf');
  });

  it('masks the token', () => {
    const token = 'secret-secret-secret';
    const loaded = configure({ file: `[socket]\nlisten_address = ::1\ntoken = ${token}\n` });
    for (const text of [showText(loaded, { origin: true }), showJson(loaded, { origin: true })])
      assert.ok(!text.includes(token) && text.includes('********'));
  });

  it('quotes any text so that it is read again', () => {
    const printable = fc.string({ maxLength: 30 }).map((text) => text.trim());
    fc.assert(
      fc.property(printable, (text) => {
        const { entries } = parseIni(
          'f',
          Buffer.from(`[s]\nk = ${fileText(text, { 'x-kind': 'text' })}`),
        );
        assert.equal(entries[0]?.text, text);
      }),
    );
  });
});
