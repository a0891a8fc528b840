// Runs the engine over one capture in this process and hands back every record and the account.
import { Engine } from '../../src/capture/engine.js';
import type { FlowPurge } from '../../src/messages/flow-purge.js';
import { parseMessage } from '../../src/messages/validate.js';
import type { EngineFailure, NdpiFiles } from '../../src/ndpi-node.js';

export interface Analysis {
  /** One for each flow; every line was validated against its schema. */
  lines: FlowPurge[];
  /** Why reading ended before the end of the file. */
  failure: EngineFailure | undefined;
  account: {
    packetsRead: number;
    bytesRead: number;
    packetsInFlows: number;
    bytesInFlows: number;
    flowsCreated: number;
    laterFragments: number;
    discarded: ReadonlyMap<string, { packets: number; bytes: number }>;
  };
}

export interface Mode {
  reference: boolean;
  workers: number;
  files: NdpiFiles;
  /** Give-up limits other than the default. */
  limits?: { maxPacketsTcp: number; maxPacketsUdp: number };
  tunnels?: readonly string[];
}

export async function analyse(path: string, mode: Mode): Promise<Analysis> {
  const engine = new Engine({
    source: { type: 'pcap-file', path },
    reference: mode.reference,
    workers: mode.workers,
    events: ['expired'],
    dpi: { ...mode.files, ...mode.limits },
    ...(mode.tunnels ? { tunnels: mode.tunnels } : {}),
  });
  const lines: FlowPurge[] = [];
  for await (const chunk of engine.chunks()) {
    for (const line of chunk.toString('utf8').split('\n')) {
      if (line === '') continue;
      const message = parseMessage(line);
      if (message.type !== 'flow_purge') throw new Error(`not asked for: ${line}`);
      lines.push(message);
    }
  }
  const { totals, discarded } = engine.counters();
  const total = (name: string): number => {
    const value = totals[name];
    if (value === undefined) throw new Error(`the engine has no counter ${name}`);
    return value;
  };
  return {
    lines,
    failure: engine.failure(),
    account: {
      packetsRead: total('packets_read'),
      bytesRead: total('bytes_read'),
      packetsInFlows: total('packets_in_flows'),
      bytesInFlows: total('bytes_in_flows'),
      flowsCreated: total('flows_created'),
      laterFragments: total('later_fragments'),
      discarded: new Map(Object.entries(discarded)),
    },
  };
}
