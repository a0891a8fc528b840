// Compares what Dipper said of a capture with what nDPI publishes about it. Pure: no files, no engine.
import type { FlowPurge } from '../../src/messages/flow-purge.js';
import {
  type Endpoint,
  type ExpectedCapture,
  type ExpectedFlow,
  flowKey,
  l4Name,
  type Total,
} from './expected.js';

/** One figure is one promise: nDPI and Dipper say the same, N times of M. */
export const figures = [
  'protocol totals (captures)',
  'flows present',
  'protocol',
  'confidence',
  'packets and bytes, both directions',
  'host',
  'risks',
  'score',
] as const;
export type Figure = (typeof figures)[number];

export interface Difference {
  capture: string;
  figure: Figure;
  /** The flow's key, or the protocol of a total. */
  subject: string;
  expected: string;
  seen: string;
}

export interface Comparison {
  checks: Map<Figure, number>;
  differences: Difference[];
}

export function compareCapture(
  capture: string,
  expected: ExpectedCapture,
  lines: readonly FlowPurge[],
): Comparison {
  const checks = new Map<Figure, number>([['protocol totals (captures)', 1]]);
  const differences: Difference[] = [];
  const differ = (figure: Figure, subject: string, one: string, two: string): void => {
    differences.push({ capture, figure, subject, expected: one, seen: two });
  };
  const check = (figure: Figure, subject: string, one: string, two: string): void => {
    checks.set(figure, (checks.get(figure) ?? 0) + 1);
    if (one !== two) differ(figure, subject, one, two);
  };

  const totals = protocolTotals(lines);
  const wrong = [...new Set([...Object.keys(expected.totals), ...totals.keys()])].filter(
    (name) => shown(expected.totals[name]) !== shown(totals.get(name)),
  );
  if (wrong.length > 0) {
    const list = (of: (name: string) => Total | undefined): string =>
      wrong.map((name) => `${name} ${shown(of(name))}`).join(', ');
    const one = list((name) => expected.totals[name]);
    differ(
      'protocol totals (captures)',
      wrong.join(', '),
      one,
      list((name) => totals.get(name)),
    );
  }

  const seen = new Map<string, FlowPurge['flow'][]>();
  for (const { flow } of lines) {
    const key = flowKey(l4Name(flow.ip_protocol), flow.vlan_id, local(flow), other(flow));
    const same = seen.get(key);
    if (same) same.push(flow);
    else seen.set(key, [flow]);
  }
  for (const want of expected.flows) {
    const a = { address: want.a, port: want.ap };
    const key = flowKey(want.l4, want.vlan, a, { address: want.b, port: want.bp });
    const flow = seen.get(key)?.shift();
    check('flows present', key, 'a flow', flow ? 'a flow' : 'none');
    if (flow)
      compareFlow(want, flow, flowKey('', 0, a, a), (figure, one, two) =>
        check(figure, key, one, two),
      );
  }
  for (const [key, rest] of seen) {
    for (const flow of rest) differ('flows present', key, 'none', describe(flow));
  }
  return { checks, differences };
}

function compareFlow(
  want: ExpectedFlow,
  flow: FlowPurge['flow'],
  a: string,
  check: (figure: Figure, expected: string, seen: string) => void,
): void {
  const localIsA = flowKey('', 0, local(flow), local(flow)) === a;
  const ours = [
    { packets: flow.local_packets, bytes: flow.local_bytes },
    { packets: flow.other_packets, bytes: flow.other_bytes },
  ];
  const directions = (localIsA ? ours : ours.reverse()).map((d) => `${d.packets}/${d.bytes}`);
  check('protocol', want.proto, flow.ndpi.protocol);
  check('confidence', want.confidence, flow.ndpi.confidence);
  check(
    'packets and bytes, both directions',
    `${want.pk[0]}/${want.by[0]} ${want.pk[1]}/${want.by[1]}`,
    directions.join(' '),
  );
  check('host', want.host ?? '', flow.host_server_name ?? '');
  check('risks', [...want.risk].sort().join(', '), [...flow.ndpi.risks].sort().join(', '));
  check('score', String(want.score), String(flow.ndpi.score));
}

/** Packets, bytes and flows by protocol: the application's if there is one, else the master's. */
export function protocolTotals(lines: readonly FlowPurge[]): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const { flow } of lines) {
    const { app, master } = flow.ndpi;
    const name = app !== '' && app !== 'Unknown' ? app : master;
    const total = totals.get(name) ?? [0, 0, 0];
    totals.set(name, total);
    total[0] += flow.total_packets;
    total[1] += flow.total_bytes;
    total[2] += 1;
  }
  return totals;
}

function shown(total: Total | undefined): string {
  return total ? total.join('/') : 'none';
}

function local(flow: FlowPurge['flow']): Endpoint {
  return { address: flow.local_ip, port: flow.local_port };
}

function other(flow: FlowPurge['flow']): Endpoint {
  return { address: flow.other_ip, port: flow.other_port };
}

function describe(flow: FlowPurge['flow']): string {
  return `${flow.ndpi.protocol}, ${flow.total_packets} packets, ${flow.total_bytes} bytes, tunnel ${flow.tunnel}`;
}
