// The names of hosts and people in flows: all of them are fields, masked with their side, and user names can be left out.
import assert from 'node:assert/strict';
import { announcedNames, hostNames, userNames } from '../../../src/flow/own-names.js';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import { metadata } from '../../../src/messages/metadata.js';
import { examples } from '../messages/examples.js';

const log = { error: () => {} };
const flowOf = (members: object) => ({
  ...structuredClone(examples.flow),
  flow: { ...structuredClone(examples.flow.flow), ...members },
});
// biome-ignore lint/suspicious/noExplicitAny: members by name
const redacted = (filter: PrivacyFilter, members: object): any =>
  (filter.redact(flowOf(members)) as { flow: object } | undefined)?.flow;

/** Every field as an object around a value: `{ftp: {user_name: 'anna'}}`. */
const members = (paths: readonly string[], value: string) => {
  const flow: Record<string, Record<string, unknown>> = {};
  for (const path of paths) {
    const [group = '', name = ''] = path.split('.');
    flow[group] = { ...flow[group], [name]: value };
  }
  return flow;
};

describe('names of hosts and people', () => {
  it('are fields of the schema', () => {
    const has = (path: string) => {
      const [group = '', name] = path.split('.');
      const schema = (metadata as Record<string, { properties?: object }>)[group];
      return schema !== undefined && (name === undefined || name in (schema.properties ?? {}));
    };
    for (const path of [...userNames, ...hostNames, ...announcedNames])
      assert.ok(has(path), `${path} is no field`);
  });

  it('are masked in flows with a masked side, and stay in others', async () => {
    const names = members([...userNames, ...hostNames], 'anna');
    const masked = await PrivacyFilter.create({ log, hosts: ['192.0.2.10'] });
    assert.ok(!JSON.stringify(redacted(masked, names)).includes('anna'));
    const others = await PrivacyFilter.create({ log, hosts: ['203.0.113.77'] });
    for (const [group, value] of Object.entries(names))
      assert.deepEqual(redacted(others, names)[group], value);
  });

  it('are masked in answers only where hosts announce themselves', async () => {
    const filter = await PrivacyFilter.create({ log, hosts: ['192.0.2.10'] });
    const dns = { query_name: 'printer.local', answers: ['printer.local'] };
    const announced = redacted(filter, { detected_protocol_name: 'MDNS', dns });
    assert.deepEqual(announced.dns, { query_name: 'masked.invalid', answers: ['masked.invalid'] });
    assert.deepEqual(redacted(filter, { detected_protocol_name: 'DNS', dns }).dns, dns);
  });

  it('of people are left out of every flow when nobody is to see them', async () => {
    const filter = await PrivacyFilter.create({ log, withoutUserNames: true });
    const flow = redacted(filter, {
      ...members(userNames, 'anna'),
      ...members(hostNames, 'laptop'),
    });
    assert.ok(!JSON.stringify(flow).includes('anna'));
    assert.equal(flow.rdp, undefined, 'an object without members');
    assert.deepEqual(flow.smb, { workstation: 'laptop' });
    assert.deepEqual(redacted(filter, { ftp: { user_name: 'x', banner: 'y' } }).ftp, {
      banner: 'y',
    });
  });

  it('do not change words of our own', async () => {
    const filter = await PrivacyFilter.create({
      log,
      hosts: ['discover', 'client'],
      resolve: async () => ['203.0.113.77'],
    });
    const words = { dhcp: { message_type: 'discover' }, ntp: { mode: 'client' } };
    const { dhcp, ntp } = redacted(filter, words);
    assert.deepEqual({ dhcp, ntp }, words);
  });
});
