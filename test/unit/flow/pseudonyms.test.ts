// Pseudonyms instead of local addresses: consistent, for as long as their key lasts.
import assert from 'node:assert/strict';
import { PseudonymKeys } from '../../../src/flow/pseudonym-keys.js';
import { create, flowOf, redacted } from './privacy-rig.js';

describe('pseudonyms', () => {
  let now = 1_700_000_000_000;
  const saves: number[] = [];
  const keys = () =>
    new PseudonymKeys({ rotationS: 3600, now: () => now, save: () => saves.push(now) });

  it('stand for all that is local, consistently', async () => {
    const filter = await create({
      pseudonyms: keys(),
      localNetworks: () => ['192.0.2.0/24', '2001:db8::/64'],
    });
    const { flow } = redacted(
      filter,
      flowOf({ host_server_name: '192.0.2.10', http: { url: 'http://10.1.2.3/' } }),
    );
    assert.match(flow.local_ip, /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/);
    assert.equal(flow.host_server_name, flow.local_ip);
    assert.match(flow.local_mac, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
    assert.notEqual(flow.local_mac, flow.other_mac);
    assert.equal(flow.other_ip, '198.51.100.9', 'the outside stays');
    assert.match(flow.http.url, /^http:\/\/100\.\d+\.\d+\.\d+\/$/);
    const peer = redacted(
      filter,
      flowOf({ other_ip: '192.0.2.10', local_ip: '192.0.2.11', other_type: 'local' }),
    ).flow;
    assert.equal(peer.other_ip, flow.local_ip);
    const six = redacted(filter, flowOf({ local_ip: '2001:db8::1' })).flow;
    assert.match(six.local_ip, /^fd[0-9a-f]{2}:/);
    const group = redacted(
      filter,
      flowOf({ other_ip: '224.0.0.251', other_mac: '01:00:5e:00:00:fb', other_type: 'multicast' }),
    ).flow;
    assert.deepEqual([group.other_ip, group.other_mac], ['224.0.0.251', '01:00:5e:00:00:fb']);
    const { devices } = redacted(filter, {
      type: 'agent_status',
      devices: { '02:00:00:00:00:01': ['192.0.2.10'] },
    });
    assert.deepEqual(devices, { [flow.local_mac]: [flow.local_ip] });
    assert.equal(
      filter.redact({ type: 'unknown_packets', packets: [['1', 1, 'AA==']] }),
      undefined,
    );
  });

  it('stand for the ends of a tunnel, too', async () => {
    const filter = await create({
      pseudonyms: new PseudonymKeys({ rotationS: 3600, now: () => now, save: () => undefined }),
    });
    const ends = { local_ip: '203.0.113.20', other_ip: '203.0.113.60' };
    const { gtp } = redacted(filter, flowOf({ gtp: { ...ends, other_type: 'local' } })).flow;
    assert.match(gtp.local_ip, /^100\./);
    assert.match(gtp.other_ip, /^100\./);
    const far = redacted(filter, flowOf({ gtp: { ...ends, other_type: 'remote' } })).flow.gtp;
    assert.deepEqual([far.local_ip, far.other_ip], [gtp.local_ip, ends.other_ip]);
    assert.equal(redacted(filter, flowOf({ local_ip: ends.local_ip })).flow.local_ip, gtp.local_ip);
  });

  it('stay with a flow and change for what begins after the key', async () => {
    const filter = await create({ pseudonyms: keys() });
    const at = (first_seen_at: number) => redacted(filter, flowOf({ first_seen_at })).flow.local_ip;
    const [began, before] = [now, at(now)];
    now += 3_600_001;
    assert.equal(at(began), before);
    assert.notEqual(at(now), before);
    assert.equal(saves.length, 3, 'each key is saved once');
    for (let i = 0; i < 8; i += 1) {
      now += 3_600_001;
      at(now);
    }
    assert.notEqual(at(began), before, 'the key is gone');
    assert.equal(at(began), at(began));
  });

  it('last over a restart and no longer than their key', () => {
    let record: ConstructorParameters<typeof PseudonymKeys>[0]['saved'];
    const options = {
      rotationS: 60,
      now: () => now,
      save: (r: NonNullable<typeof record>) => {
        record = r;
      },
    };
    const first = new PseudonymKeys(options);
    const second = new PseudonymKeys({ ...options, saved: record });
    assert.deepEqual(second.current(), first.current());
    assert.deepEqual(second.digestKey, first.digestKey);
    now += 61_000;
    const third = new PseudonymKeys({ ...options, saved: record });
    assert.notDeepEqual(third.current().key, first.at(0)?.key);
    assert.deepEqual(third.digestKey, first.digestKey);
    now -= 600_000;
    assert.equal(third.current().since, now, 'a clock set back makes a new key');
  });
});
