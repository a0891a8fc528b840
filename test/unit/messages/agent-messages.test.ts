// The messages about the daemon: what builders make of what they are given is valid, and shaped as netifyd has it.
import assert from 'node:assert/strict';
import { agentHello, agentVersion } from '../../../src/messages/agent-hello.js';
import { definitions } from '../../../src/messages/definitions.js';
import { keyedMessage } from '../../../src/messages/keyed.js';
import { protocols } from '../../../src/messages/protocols.js';
import { parseAnyMessage, parseMessage, validateMessage } from '../../../src/messages/validate.js';
import { agentExamples, packetStats } from './agent-examples.js';

const agent = {
  version: '0.12.3',
  ndpiVersion: '4.2.0',
  features: ['conntrack', 'netlink'],
  uuid: '00-00-00-00',
  startedAt: 1,
};

describe('agent messages', () => {
  it('say who speaks, in the order that clients of netifyd parse', () => {
    const hello = agentHello(agent);
    assert.deepEqual(validateMessage(hello), []);
    assert.equal(
      hello.build_version,
      `Dipper/0.12.3 (linux; ${process.arch}; conntrack; netlink) nDPI/4.2.0 JSON/1.90`,
    );
    assert.deepEqual([hello.agent_version, hello.json_version], [0.12, 1.9]);
  });

  it('read a version as strtod does', () => {
    const read = ['3.07', '5.2.0', '1', '1.0.0-rc.1', 'x', '10.20.30'].map(agentVersion);
    assert.deepEqual(read, [3.07, 5.2, 1, 1, 0, 10.2]);
  });

  it('list names in one id space for 3.x and in two for 4.x', () => {
    const names = [
      { id: 5, name: 'DNS' },
      { id: 126, name: 'Google', application: true },
    ];
    assert.deepEqual(protocols(names), {
      type: 'protocols',
      protocols: [
        { id: 5, tag: 'DNS' },
        { id: 126, tag: 'Google' },
      ],
    });
    assert.deepEqual(definitions(names), {
      type: 'definitions',
      applications: [{ id: 126, tag: 'Google' }],
      protocols: [{ id: 5, tag: 'DNS' }],
    });
    for (const message of [protocols(names), definitions(names)])
      assert.deepEqual(validateMessage(message), []);
  });

  it('keep their own members when an interface is called like one', () => {
    const values = { type: packetStats, seq: packetStats, eth0: packetStats };
    const message = keyedMessage('interface_stats', values);
    assert.deepEqual(message, { type: 'interface_stats', eth0: packetStats });
    assert.deepEqual(validateMessage(message), []);
    const hostile = JSON.parse('{"__proto__":{"polluted":true},"eth1":{}}');
    assert.deepEqual(Object.keys(keyedMessage('interface_stats', hostile)), ['type', 'eth1']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('leave out what a source cannot say, and refuse nonsense in what it says', () => {
    const { pcap_drop, pcap_ifdrop, capture_dropped, ...unknowing } = packetStats;
    assert.deepEqual(validateMessage({ type: 'interface_stats', eth0: unknowing }), []);
    for (const bad of [-1, 1.5, '5', null]) {
      const stats = { ...packetStats, capture_dropped: bad };
      assert.match(
        validateMessage({ type: 'interface_stats', eth0: stats }).join(),
        /\/eth0\/capture_dropped must be/,
      );
    }
  });

  it('are told from messages about flows', () => {
    const line = JSON.stringify(agentExamples.agent_hello);
    assert.throws(() => parseMessage(line), /not about a flow/);
    const message = parseAnyMessage(line);
    assert.equal(message.type === 'agent_hello' && message.dipper_version, '0.1.0');
  });

  it('have a short form of the status for the greeting', () => {
    const { interfaces, devices, stats, stream, ...short } = agentExamples.agent_status;
    assert.deepEqual(validateMessage(short), []);
  });
});
