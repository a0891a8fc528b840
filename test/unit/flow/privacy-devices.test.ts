// What is known of masked devices goes with them: names, vendors, places, in flows and in `endpoints`.
import assert from 'node:assert/strict';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import type { PrivacyOptions } from '../../../src/flow/privacy-options.js';
import { PseudonymKeys } from '../../../src/flow/pseudonym-keys.js';
import { createLog } from '../../../src/log.js';
import { validateMessage } from '../../../src/messages/validate.js';

const mac = '00:22:72:00:00:01';
const other = '00:22:72:00:00:02';
const known = { name: 'annas-laptop', name_source: 'dhcp', vendor: 'Example Devices' };
const names = [
  { name: 'annas-laptop', source: 'dhcp' },
  { name: 'anna', source: 'mdns' },
];
const endpoints = {
  type: 'endpoints',
  [mac]: ['192.168.1.10', '2001:db8::10'],
  [other]: ['192.168.1.11'],
  devices: { [mac]: { ...known, names }, [other]: { vendor: 'Other Devices', randomized: true } },
};
const flow = {
  ...{ digest: '0'.repeat(40), community_id: '1:x', local_ip: '192.168.1.10', local_mac: mac },
  ...{ other_ip: '192.168.1.11', other_mac: other, other_type: 'local', first_seen_at: 1 },
  ...{ local_device: known, other_device: { vendor: 'Other Devices', randomized: true } },
  ...{ geo: { country: 'DE', city: 'Berlin' }, as: { number: 64496, organization: 'Example' } },
};

type Redacted = Record<string, unknown> & { devices: Record<string, unknown> };

describe('privacy filter and devices', () => {
  const redact = async (message: object, options: Partial<PrivacyOptions>) => {
    const filter = await PrivacyFilter.create({ log: createLog('silent'), ...options });
    const result = filter.redact(message);
    assert.ok(result !== undefined && filter.counters().failed === 0);
    return result as Redacted;
  };

  for (const [by, options] of [
    ['its MAC', { macs: [mac] }],
    ['one of its addresses', { hosts: ['2001:db8::10'] }],
  ] as const)
    it(`masks a device that is named by ${by} in endpoints`, async () => {
      const result = await redact(endpoints, options);
      assert.deepEqual(validateMessage(result), []);
      assert.deepEqual(result.devices, {
        '00:52:14:00:00:00': { name: 'masked.invalid', name_source: 'dhcp' },
        [other]: endpoints.devices[other],
      });
      assert.doesNotMatch(JSON.stringify(result), /anna|Example Devices|00:22:72:00:00:01/);
    });

  it('leaves nothing of a masked device without a name', async () => {
    const result = await redact(endpoints, { macs: [other] });
    assert.deepEqual(Object.keys(result.devices), [mac]);
  });

  it('masks the device, place and network of a masked side, and not those of the other', async () => {
    const masked = async (options: Partial<PrivacyOptions>) =>
      (await redact({ type: 'flow', flow }, options)).flow as Record<string, unknown>;
    const local = await masked({ macs: [mac] });
    assert.deepEqual(local.local_device, { name: 'masked.invalid', name_source: 'dhcp' });
    assert.deepEqual([local.other_device, local.geo], [flow.other_device, flow.geo]);
    const remote = await masked({ hosts: ['192.168.1.11'] });
    assert.deepEqual(remote.local_device, known);
    for (const member of ['other_device', 'geo', 'as']) assert.ok(!(member in remote), member);
  });

  it('gives names of devices pseudonyms that stay the same', async () => {
    const pseudonyms = new PseudonymKeys({ rotationS: 3600 });
    const result = await redact(endpoints, { pseudonyms });
    const [[pseudonym, device] = []] = Object.entries(result.devices);
    assert.ok(
      pseudonym !== undefined && Array.isArray(result[pseudonym]),
      'the same in both places',
    );
    assert.match(
      JSON.stringify(device),
      /^\{"name":"host-[0-9a-f]{10}\.invalid","name_source":"dhcp"\}$/,
    );
    const message = {
      type: 'flow',
      flow: { ...flow, local_ip: '0.0.0.0', first_seen_at: Date.now() },
    };
    const dhcp = (await redact(message, { pseudonyms })).flow as Record<string, unknown>;
    assert.deepEqual(dhcp.local_device, device, 'also while the device has no address');
    assert.doesNotMatch(JSON.stringify([result, dhcp]), /anna|Devices|00:22:72/);
  });

  it('masks a masked name where another device has it', async () => {
    const hosts = ['annas-laptop'];
    const resolve = () => Promise.resolve(['192.0.2.99']);
    const result = await redact(endpoints, { hosts, resolve });
    assert.doesNotMatch(JSON.stringify(result), /annas-laptop/);
    assert.match(JSON.stringify(result.devices[mac]), /"name":"masked.invalid"/);
  });
});
