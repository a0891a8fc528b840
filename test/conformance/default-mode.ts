// Default mode against the reference's answers. It decodes by its own rules, so some flows must differ: each
// difference gets the name of the rule that makes it. What no rule accounts for is a fault.
import { type Analysis, analyse } from './analyse.js';
import { compareCapture, type Difference } from './compare.js';
import { exceptionFor } from './exceptions.js';
import type { ExpectedCapture } from './expected.js';
import type { SuiteCapture } from './suite.js';

export interface DefaultModeResult {
  capture: string;
  flows: number;
  same: number;
  explained: Map<string, string[]>;
  unexplained: string[];
}

/** What ndpiReader allows a flow before it gives up. */
const referenceLimits = { maxPacketsTcp: 80, maxPacketsUdp: 24 };

export async function explainDefaultMode(
  capture: SuiteCapture,
  expected: ExpectedCapture,
  reference: Analysis,
  run: Analysis,
): Promise<DefaultModeResult> {
  const result: DefaultModeResult = {
    capture: capture.name,
    flows: expected.flows.length,
    same: expected.flows.length,
    explained: new Map(),
    unexplained: [],
  };
  const flows = differingFlows(capture.name, expected, run);
  if (flows.size === 0) return result;
  const mode = { reference: false, workers: 1, files: capture.files, limits: referenceLimits };
  const withLimits = differingFlows(capture.name, expected, await analyse(capture.path, mode));
  const decoding = decodingRules(reference, run);
  // Queries of the flow's first packet; the library keeps the last one's name, with what it holds unprintable replaced, or none.
  const queried = new Set(run.lines.map(({ flow }) => flow.dns?.query_name ?? ''));
  // Names of hellos in QUIC frames in an order in which the library does not put them together.
  const quicNames = new Set(
    run.lines.map(({ flow }) => (flow.ip_protocol === 17 ? flow.ssl?.client_sni : '') ?? ''),
  );
  for (const [subject, list] of flows) {
    // A flow that only default mode has is in none of the M flows that are counted.
    if (!list.some(({ expected: was }) => was === 'none')) result.same -= 1;
    const firstQuery = list.every(({ figure, seen }) => figure === 'host' && queried.has(seen));
    const helloInPieces = list.every(
      ({ figure, expected: was, seen }) => figure === 'host' && was === '' && quicNames.has(seen),
    );
    const excuses = list.map(exceptionFor);
    const excuse = excuses.every((row) => row !== undefined) ? excuses[0]?.reason : undefined;
    const rule = firstQuery
      ? 'name of the first DNS query, read by our own dissector'
      : helloInPieces
        ? 'name of a QUIC hello in pieces, put together by our own dissector'
        : withLimits.has(subject)
          ? decoding
          : 'packets shown to nDPI: 32, reference 80 and 24';
    const reason = excuse ?? rule;
    const what = list.map((d) => `${d.figure} ${d.expected || '(none)'} / ${d.seen || '(none)'}`);
    const line = `${subject}: ${what.join('; ')}`;
    if (reason === undefined) result.unexplained.push(line);
    else result.explained.set(reason, [...(result.explained.get(reason) ?? []), line]);
  }
  return result;
}

function differingFlows(
  name: string,
  expected: ExpectedCapture,
  run: Analysis,
): Map<string, Difference[]> {
  const flows = new Map<string, Difference[]>();
  for (const difference of compareCapture(name, expected, run.lines).differences) {
    if (difference.figure === 'protocol totals (captures)') continue;
    flows.set(difference.subject, [...(flows.get(difference.subject) ?? []), difference]);
  }
  return flows;
}

/** Where the two modes put frames of this capture differently: names of discards, tunnels and fragments. */
function decodingRules(reference: Analysis, run: Analysis): string | undefined {
  const rules: string[] = [];
  const discards = (one: Analysis, name: string): number =>
    one.account.discarded.get(name)?.packets ?? 0;
  const names = new Set([...reference.account.discarded.keys(), ...run.account.discarded.keys()]);
  for (const name of [...names].sort()) {
    if (discards(reference, name) !== discards(run, name)) rules.push(name);
  }
  const tunnels = new Set(run.lines.map(({ flow }) => flow.tunnel));
  tunnels.delete('none');
  rules.push(...[...tunnels].sort().map((tunnel) => `tunnel ${tunnel}`));
  if (run.account.laterFragments > 0) rules.push('later fragments counted');
  return rules.length > 0 ? `frames decoded differently: ${rules.join(', ')}` : undefined;
}
