// The conformance program must be able to fail: each kind of difference is seen, and only that one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import { compareCapture, type Difference } from '../../conformance/compare.js';
import type { ExpectedCapture } from '../../conformance/expected.js';
import { parseResult } from '../../conformance/result-file.js';
import { namesIn } from '../../conformance/snabbwall.js';

const published = `Guessed flow protos:\t0

DPI Packets (TCP):\t7\t(7.00 pkts/flow)
Confidence DPI              : 1 (flows)

Example\t109\t73982\t1

JA3 Host Stats: 
\t\t IP Address                  \t # JA3C     
\t1\t 192.0.2.13                \t 1      


\t1\tTCP [2001:db8::1::d]:55523 <-> 192.0.2.130:443 [VLAN: 5][proto: GTP:91.26/TLS.Example][Encrypted][Confidence: DPI][cat: Web/5][51 pkts/4260 bytes <-> 58 pkts/69722 bytes][Goodput ratio: 1/2][0.15 sec][Hostname/SNI: www.example.org][(Advertised) ALPNs: h2;http/1.1][Risk: ** One Risk **** Risk (two) **][Risk Score: 150][TLSv1.2]
`;

function expectedCapture(): ExpectedCapture {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-result-'));
  try {
    writeFileSync(join(folder, 'x.out'), published);
    return parseResult(join(folder, 'x.out'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function seen(): FlowPurge {
  const ndpi = {
    version: '4.2.0',
    protocol: 'TLS.Example',
    master: 'TLS',
    app: 'Example',
    confidence: 'DPI',
    risks: ['Risk (two)', 'One Risk'],
    score: 150,
  };
  const flow = {
    ip_protocol: 6,
    vlan_id: 5,
    tunnel: 'none',
    local_ip: '192.0.2.130',
    local_port: 443,
    other_ip: '2001:db8::1:0:d',
    other_port: 55523,
    host_server_name: 'www.example.org',
    ndpi,
    local_packets: 58,
    local_bytes: 69722,
    other_packets: 51,
    other_bytes: 4260,
    total_packets: 109,
    total_bytes: 73982,
  };
  // The members that are compared; the schema has more.
  return { type: 'flow_purge', flow } as unknown as FlowPurge;
}

function differences(change: (flow: FlowPurge['flow']) => void): Difference[] {
  const line = seen();
  change(line.flow);
  return compareCapture('x.pcap', expectedCapture(), [line]).differences;
}

describe('conformance', () => {
  it("reads nDPI's result files", () => {
    assert.deepEqual(expectedCapture(), {
      totals: { Example: [109, 73982, 1] },
      flows: [
        {
          l4: 'TCP',
          a: '2001:db8::1::d',
          ap: 55523,
          b: '192.0.2.130',
          bp: 443,
          vlan: 5,
          tunnel: 'GTP',
          proto: 'TLS.Example',
          confidence: 'DPI',
          pk: [51, 58],
          by: [4260, 69722],
          host: 'www.example.org',
          risk: ['One Risk', 'Risk (two)'],
          score: 150,
        },
      ],
    });
  });

  it('finds equal what is equal, whichever end is local', () => {
    assert.deepEqual(
      differences(() => undefined),
      [],
    );
  });

  it('sees each kind of difference', () => {
    const figures = (change: (flow: FlowPurge['flow']) => void): string[] =>
      differences(change).map((difference) => difference.figure);
    assert.deepEqual(
      figures((flow) => Object.assign(flow.ndpi, { protocol: 'TLS' })),
      ['protocol'],
    );
    assert.deepEqual(
      figures((flow) => Object.assign(flow.ndpi, { app: 'Other' })),
      ['protocol totals (captures)'],
    );
    assert.deepEqual(
      figures((flow) => Object.assign(flow.ndpi, { confidence: 'Match by port' })),
      ['confidence'],
    );
    assert.deepEqual(
      figures((flow) => Object.assign(flow.ndpi, { risks: ['One Risk'], score: 100 })),
      ['risks', 'score'],
    );
    assert.deepEqual(
      figures((flow) => Object.assign(flow, { host_server_name: 'www.example.com' })),
      ['host'],
    );
    const exchanged = {
      local_packets: 51,
      local_bytes: 4260,
      other_packets: 58,
      other_bytes: 69722,
    };
    assert.deepEqual(
      figures((flow) => Object.assign(flow, exchanged)),
      ['packets and bytes, both directions'],
    );
    assert.deepEqual(
      figures((flow) => Object.assign(flow, { other_port: 1 })),
      ['flows present', 'flows present'],
    );
  });

  it("takes SnabbWall's sixth field, whole", () => {
    const output = [
      '0x77becdcb    2p    192.168.20.1:53    -   192.168.20.21:58870  GOOGLE:DNS',
      '0x9e3779b9   12p 192.168.150.129:33234 -   192.168.150.1:8767   SIP',
      '=== 2026-01-01T00:00:00+0000 === 1 Bytes, 1 packets, 1.000 B/s, 1.000 PPS',
    ];
    assert.deepEqual([...namesIn(output.join('\n'))], ['GOOGLE:DNS', 'SIP']);
  });
});
