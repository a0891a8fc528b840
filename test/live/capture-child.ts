// One process that captures: runs the engines that its argument describes, tells how they stand twenty times a second
// on standard output, and on SIGTERM ends them and tells what flows they saw. JSON, one line each.
//   node dist/test/live/capture-child.js '{"engines": [EngineOptions...], "provide": [descriptor...]}'
import { Engine, type EngineOptions } from '../../src/ndpi-node.js';

export interface EngineStatus {
  state: string;
  failure?: { message: string; exitCode: number };
  counters: Record<string, number>;
  drops: number | null;
  problem?: string;
}

/** What is compared of a flow: all that does not depend on when the packets came. */
export interface SeenFlow {
  id: string;
  client: string;
  server: string;
  packets: number;
  bytes: number;
  vlan: number;
  name: string;
}

export type ChildLine =
  | { status: EngineStatus[]; cpuMs: number }
  | { flows: SeenFlow[][]; status: EngineStatus[] };

const { engines: descriptions, provide = [] } = JSON.parse(process.argv[2] ?? '{}') as {
  engines: EngineOptions[];
  provide?: number[];
};
const engines = descriptions.map((options) => new Engine({ events: ['expired'], ...options }));
const flows: SeenFlow[][] = engines.map(() => []);
const say = (line: ChildLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

function status(): EngineStatus[] {
  return engines.map((engine) => {
    const failure = engine.failure();
    const { totals: counters, drops } = engine.counters();
    const problem = engine.sourceProblem();
    return {
      state: engine.sourceState(),
      counters,
      drops,
      ...(problem === undefined ? {} : { problem }),
      ...(failure === undefined ? {} : { failure }),
    };
  });
}

async function run(engine: Engine, seen: SeenFlow[]): Promise<void> {
  for await (const messages of engine.events())
    for (const message of messages) {
      if (message.type !== 'flow_purge') continue;
      const { flow } = message;
      const localIsClient = flow.local_origin;
      const ends = [flow.local_ip, flow.other_ip];
      if (!localIsClient) ends.reverse();
      seen.push({
        id: flow.community_id,
        client: ends[0] ?? '',
        server: ends[1] ?? '',
        packets: flow.total_packets,
        bytes: flow.total_bytes,
        vlan: flow.vlan_id,
        name: flow.detected_protocol_name,
      });
    }
}

const timer = setInterval(() => {
  const { user, system } = process.cpuUsage();
  say({ status: status(), cpuMs: (user + system) / 1000 });
  for (const engine of engines) {
    const next = provide[0];
    if (engine.sourceState() === 'needs_descriptor' && next !== undefined)
      if (engine.provideDescriptor(next)) provide.shift();
  }
}, 50);
process.once('SIGTERM', () => {
  for (const engine of engines) void engine.stop();
});
await Promise.all(engines.map((engine, i) => run(engine, flows[i] ?? [])));
clearInterval(timer);
say({ flows, status: status() });
