// Our records beside tshark's frames, flow by flow. Pure.
import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import type { Figure } from './figures.js';
import { type Frame, flowName } from './frames.js';

export interface Difference {
  readonly capture: string;
  readonly figure: string;
  readonly flow: string;
  readonly expected: string;
  readonly seen: string;
}

export interface Comparison {
  /** Flows of which one of the two says something, by figure. */
  readonly checks: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

/** The flows of a five-tuple: tshark and Dipper may cut its packets into flows at other places. */
interface Tuple {
  readonly records: FlowPurge['flow'][];
  readonly streams: Map<string, Frame[]>;
}

/** A figure holds for a five-tuple when both say the same set of values: the first of each of its flows. */
export function compareCapture(
  capture: string,
  figures: readonly Figure[],
  lines: readonly FlowPurge[],
  frames: readonly Frame[],
): Comparison {
  const tuples = joined(lines, frames);
  const checks = new Map<string, number>();
  const differences: Difference[] = [];
  for (const figure of figures) {
    let checked = 0;
    for (const [flow, tuple] of tuples) {
      const expected = theirs(figure, tuple);
      const seen = ours(figure, tuple);
      if (expected === '' && (seen === '' || figure.partly)) continue;
      checked += 1;
      if (expected !== seen)
        differences.push({ capture, figure: figure.name, flow, expected, seen });
    }
    checks.set(figure.name, checked);
  }
  return { checks, differences };
}

function joined(lines: readonly FlowPurge[], frames: readonly Frame[]): ReadonlyMap<string, Tuple> {
  const tuples = new Map<string, Tuple>();
  const at = (name: string): Tuple => {
    const tuple = tuples.get(name) ?? { records: [], streams: new Map() };
    tuples.set(name, tuple);
    return tuple;
  };
  for (const { flow } of lines) {
    const transport = { 6: 'tcp', 17: 'udp' }[flow.ip_protocol];
    if (transport === undefined) continue;
    const { local_ip, local_port, other_ip, other_port } = flow;
    at(flowName(transport, `${local_ip} ${local_port}`, `${other_ip} ${other_port}`)).records.push(
      flow,
    );
  }
  for (const frame of frames) {
    const { streams } = at(frame.flow);
    streams.set(frame.stream, [...(streams.get(frame.stream) ?? []), frame]);
  }
  return tuples;
}

function theirs(figure: Figure, { records, streams }: Tuple): string {
  const { sender, theirs: read, whole } = figure;
  const [record] = records;
  if (whole !== undefined) {
    const local = record === undefined ? '' : `${record.local_ip} ${record.local_port}`;
    return joinedText(
      figure,
      [...streams.values()].map((frames) => whole(frames, local)),
    );
  }
  const client = records[0] && clientOf(records[0]);
  const isSender = (frame: Frame): boolean =>
    sender === undefined ||
    client === undefined ||
    (frame.sender === client) === (sender === 'client');
  const values = [...streams.values()].map((frames) => {
    for (const frame of frames) {
      const value = isSender(frame) ? read?.(frame) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  });
  return joinedText(figure, values);
}

function ours(figure: Figure, { records }: Tuple): string {
  const { member, ours: inForm, record } = figure;
  return joinedText(
    figure,
    records.map((flow) => {
      const value = record === undefined ? textAt(flow, member) : record(flow);
      return value === undefined || inForm === undefined ? value : inForm(value);
    }),
  );
}

function clientOf({ local_origin, ...flow }: FlowPurge['flow']): string {
  return local_origin
    ? `${flow.local_ip} ${flow.local_port}`
    : `${flow.other_ip} ${flow.other_port}`;
}

/** The member at `path` as text, lists with commas; undefined where it is absent. */
function textAt(flow: object, path: string): string | undefined {
  let value: unknown = flow;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value === undefined ? undefined : String(value);
}

function joinedText({ adds }: Figure, values: readonly (string | undefined)[]): string {
  const set = values.filter((value): value is string => value !== undefined && value !== '');
  if (adds) return sumText(set);
  return [...new Set(set)].sort().join(' | ');
}

function sumText(counts: readonly string[]): string {
  const sums: number[] = [];
  for (const row of counts)
    for (const [i, count] of row.split(' + ').entries()) sums[i] = (sums[i] ?? 0) + Number(count);
  return sums.some((sum) => sum > 0) ? sums.join(' + ') : '';
}
