// The account: it shows every discard by name, and it notices when it does not add up.
import assert from 'node:assert/strict';
import { account } from '../../../src/cli/account.js';

const totals = {
  packets_read: 2263,
  bytes_read: 384637,
  packets_in_flows: 2247,
  bytes_in_flows: 383857,
  flows_created: 224,
};

describe('account', () => {
  it('adds up, the largest discard first', () => {
    const discarded = {
      truncated_ipv4: { packets: 2, bytes: 60 },
      not_ip: { packets: 14, bytes: 720 },
    };
    assert.deepEqual(account({ totals, discarded }), {
      balanced: true,
      text: [
        '2263 packets  384637 bytes  read\n',
        '2247 packets  383857 bytes  in 224 flows\n',
        '  14 packets     720 bytes  discarded: not_ip\n',
        '   2 packets      60 bytes  discarded: truncated_ipv4\n',
      ].join(''),
    });
  });

  it('says so when a packet or a byte is missing', () => {
    for (const [discarded, words] of [
      [{ not_ip: { packets: 15, bytes: 780 } }, / 1 packets +0 bytes {2}unaccounted/],
      [{ not_ip: { packets: 16, bytes: 781 } }, / 0 packets +-1 bytes {2}unaccounted/],
      [{}, / 16 packets +780 bytes {2}unaccounted/],
    ] as const) {
      const { text, balanced } = account({ totals, discarded });
      assert.equal(balanced, false);
      assert.match(text, words);
    }
  });

  it('counts one flow as one, and tells of lost events', () => {
    const one = {
      packets_read: 1,
      bytes_read: 60,
      packets_in_flows: 1,
      bytes_in_flows: 60,
      flows_created: 1,
    };
    assert.match(account({ totals: one, discarded: {} }).text, /in 1 flow\n/);
    assert.match(
      account({ totals: { ...one, events_lost: 7 }, discarded: {} }).text,
      /\n7 events lost/,
    );
  });

  it('is all zeros for an empty capture', () => {
    assert.deepEqual(account({ totals: {}, discarded: {} }), {
      balanced: true,
      text: '0 packets  0 bytes  read\n0 packets  0 bytes  in 0 flows\n',
    });
  });
});
