// Every golden expected line through the privacy filter, with each of its hosts masked in turn: by address, by MAC, by
// name, and as pseudonyms. No notation of what was masked is left, nor a digest from which it could be computed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { formatAddress, parseAddress, parseMac } from '../../../src/flow/address-text.js';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import type { PrivacyOptions } from '../../../src/flow/privacy-options.js';
import { PseudonymKeys } from '../../../src/flow/pseudonym-keys.js';

const folder = new URL('../../../../test/golden/expected/', import.meta.url);
const log = { error: () => {} } as unknown as PrivacyOptions['log'];

interface Flow {
  readonly digest: string;
  readonly community_id: string;
  readonly local_ip: string;
  readonly other_ip: string;
  readonly local_mac: string;
  readonly other_mac: string;
  readonly other_type: string;
  readonly host_server_name?: string;
}

interface Line {
  readonly type?: string;
  readonly flow?: Flow;
}

const files = readdirSync(folder)
  .filter((name) => name.endsWith('.ndjson'))
  .map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const lines = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    return { name, flows: lines.filter((line) => line.flow !== undefined) };
  });

/** All flows of the file, redacted, as text in lower case. */
function outcome(filter: PrivacyFilter, flows: readonly Line[]): string {
  const result = flows.map((line) => {
    const redacted = filter.redact(line);
    assert.ok(redacted, 'dropped');
    return JSON.stringify(redacted);
  });
  return result.join('\n').toLowerCase();
}

/** Ways of writing an address that its text may have. */
function notations(ip: string): string[] {
  const address = parseAddress(ip) as Uint8Array;
  if (address.length === 16) return [ip.toLowerCase(), formatAddress(address)];
  const number = Buffer.from(address).readUInt32BE();
  const [a, b, c, d] = address;
  return [
    ip,
    `${a}-${b}-${c}-${d}`,
    `${d}.${c}.${b}.${a}.in-addr`,
    `"${number}"`,
    Buffer.from(address).toString('hex'),
  ];
}

/** `text` holds `needle` and no digit or letter goes on before or behind it. */
const holds = (text: string, needle: string) =>
  new RegExp(`(?<![0-9a-z])${needle.replaceAll(/[.*+?^$()[\]|\\-]/g, '\\$&')}(?![0-9a-z])`).test(
    text,
  );

const distinct = (flows: readonly Line[], pick: (flow: Flow) => (string | undefined)[]) => [
  ...new Set(
    flows.flatMap(({ flow }) => (flow ? pick(flow) : [])).filter((text) => text !== undefined),
  ),
];

describe('privacy filter over the golden captures', function () {
  this.timeout(60_000);
  const counts = { addresses: 0, macs: 0, names: 0 };

  it('leaves no trace of a masked address', async () => {
    for (const { name, flows } of files)
      for (const ip of distinct(flows, (flow) => [flow.local_ip, flow.other_ip])) {
        counts.addresses += 1;
        const text = outcome(await PrivacyFilter.create({ log, hosts: [ip] }), flows);
        for (const notation of notations(ip))
          assert.ok(!holds(text, notation), `${name}: ${notation}`);
        for (const { flow } of flows) {
          if (flow === undefined || ![flow.local_ip, flow.other_ip].includes(ip)) continue;
          assert.ok(!text.includes(flow.digest), `${name}: digest of a flow of ${ip}`);
          assert.ok(!text.includes(flow.community_id.toLowerCase()), `${name}: community_id`);
        }
      }
    assert.ok(counts.addresses > 150, `${counts.addresses} addresses`);
  });

  it('leaves no trace of a masked MAC, nor the address beside it', async () => {
    for (const { name, flows } of files)
      for (const mac of distinct(flows, (flow) => [flow.local_mac, flow.other_mac])) {
        if (mac === '00:00:00:00:00:00') continue;
        counts.macs += 1;
        const filter = await PrivacyFilter.create({ log, macs: [mac.toUpperCase()] });
        for (const line of flows) {
          const text = outcome(filter, [line]);
          const digits = parseMac(mac) as string;
          assert.ok(!text.includes(mac) && !holds(text, digits), `${name}: ${mac}`);
          const { flow } = line;
          if (flow?.local_mac === mac) assert.ok(!holds(text, flow.local_ip), `${name}: ${text}`);
          if (flow?.other_mac === mac) assert.ok(!holds(text, flow.other_ip), `${name}: ${text}`);
        }
      }
    assert.ok(counts.macs > 50, `${counts.macs} MACs`);
  });

  it('leaves no trace of a masked name', async () => {
    const resolve = () => Promise.resolve(['203.0.113.250']);
    for (const { name, flows } of files)
      for (const host of distinct(flows, (flow) => [flow.host_server_name])) {
        if (parseAddress(host) || !/^[\w.-]+$/.test(host)) continue;
        counts.names += 1;
        const text = outcome(await PrivacyFilter.create({ log, hosts: [host], resolve }), flows);
        // What it is a label of is another name.
        const left = new RegExp(
          `(?<![\\w.-])${host.toLowerCase().replaceAll('.', '\\.')}(?![\\w-]|\\.\\w)`,
        );
        const words = text
          .replaceAll(/"(type|detected_protocol_name|detected_application_name)":"[^"]*"/g, '')
          .replaceAll(/"ndpi":\{[^}]*\}/g, '')
          .replaceAll(/"\w+":/g, '');
        assert.ok(
          !left.test(words),
          `${name}: ${host} in ${words.match(left)?.input?.slice(0, 200)}`,
        );
      }
    assert.ok(counts.names > 30, `${counts.names} names`);
  });

  it('shows no local address and no MAC under pseudonyms, and one for each', async () => {
    const pseudonyms = new PseudonymKeys({ rotationS: 86_400 });
    // The networks of the captures; without them an address of them is one of the world.
    const localNetworks = () => ['2001:db8:8::/64', '2001:db8:20::/64'];
    const stands = new Map<string, string>();
    for (const { name, flows } of files) {
      const filter = await PrivacyFilter.create({ log, pseudonyms, localNetworks });
      const text = outcome(filter, flows);
      for (const { flow } of flows) {
        if (flow === undefined || /^(127\.|0\.0\.0\.0$|::1?$|2(2[4-9]|3|5))/.test(flow.local_ip))
          continue;
        if (/^ff/i.test(flow.local_ip)) continue;
        assert.ok(!holds(text, flow.local_ip), `${name}: ${flow.local_ip}`);
        const isStation = (Number.parseInt(flow.local_mac.slice(0, 2), 16) & 1) === 0;
        if (isStation && flow.local_mac !== '00:00:00:00:00:00')
          assert.ok(!text.includes(flow.local_mac), `${name}: ${flow.local_mac}`);
      }
      for (const line of flows) {
        const before = line.flow?.local_ip ?? '';
        const after = filter.redact(line)?.flow?.local_ip ?? '';
        assert.equal(stands.get(before) ?? after, after, `${name}: ${before}`);
        stands.set(before, after);
      }
    }
  });
});
