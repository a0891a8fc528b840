// What changed definitions would change: the flows of a capture, recognised by the engine with the old and with the new
// ones, and those with another application joined by what they were and what they become.
import { applicationColumns } from '../applications/columns.js';
import { type Definitions, ruleText } from '../applications/definitions.js';
import { Lookup } from '../applications/lookup.js';
import { Applications } from '../capture/applications.js';
import { Engine } from '../capture/engine.js';
import type { FlowMessage } from '../messages/index.js';

type Flow = Extract<FlowMessage, { type: 'flow_purge' }>['flow'];

/** Flows that one definition called `before`, and now call `after`. */
export interface Change {
  readonly before: string;
  readonly after: string;
  flows: number;
  bytes: number;
  /** Name or address of one of them. */
  readonly example: string;
  /** The rule that says so for the example: of the new definitions, or of the old where the new have none. */
  readonly rule?: string;
  readonly file?: string;
  readonly line?: number;
}

export interface Changes {
  readonly flows: number;
  /** Those with the most flows first. */
  readonly changes: readonly Change[];
}

/** Throws the engine's error when the capture cannot be read to its end. */
export async function changesIn(
  capture: string,
  before: Definitions,
  after: Definitions,
): Promise<Changes> {
  const old = new Map<string, string>();
  for await (const flow of recognised(capture, before))
    old.set(flow.digest, flow.detected_application_name);
  const lookups = { before: new Lookup(before), after: new Lookup(after) };
  const changes = new Map<string, Change>();
  let flows = 0;
  for await (const flow of recognised(capture, after)) {
    flows += 1;
    const was = old.get(flow.digest) ?? 'Unknown';
    const is = flow.detected_application_name;
    if (was === is) continue;
    const key = `${was} ${is}`;
    let change = changes.get(key);
    if (change === undefined) {
      const lookup = is === 'Unknown' ? lookups.before : lookups.after;
      change = { before: was, after: is, flows: 0, bytes: 0, ...reasonFor(flow, lookup) };
      changes.set(key, change);
    }
    change.flows += 1;
    change.bytes += flow.total_bytes;
  }
  return { flows, changes: [...changes.values()].sort((a, b) => b.flows - a.flows) };
}

async function* recognised(capture: string, definitions: Definitions): AsyncGenerator<Flow> {
  const engine = new Engine({
    source: { type: 'pcap-file', path: capture },
    events: ['expired'],
    expiry: 'none',
    applications: new Applications(await applicationColumns(definitions)),
  });
  try {
    for await (const messages of engine.events())
      for (const message of messages) if (message.type === 'flow_purge') yield message.flow;
  } finally {
    await engine.stop();
  }
  const failure = engine.failure();
  if (failure !== undefined) throw failure;
}

function reasonFor(flow: Flow, lookup: Lookup): Pick<Change, 'example' | 'rule' | 'file' | 'line'> {
  const names = [flow.host_server_name, flow.dns_host_name].filter((name) => name !== undefined);
  const address = flow.local_origin ? flow.other_ip : flow.local_ip;
  const example = names[0] ?? address;
  const [match] = lookup.evidence({ names, address, library: [flow.ndpi.app, flow.ndpi.master] });
  if (match === undefined) return { example };
  const { rule } = match;
  return { example, rule: ruleText(rule), file: rule.file, line: rule.line };
}
