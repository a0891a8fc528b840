// The account after a run: every packet that was read is in a flow or was discarded under a name, and the table on
// stderr shows that both columns add up.

import type { EngineCounters } from '../capture/engine.js';

export interface Account {
  text: string;
  /** Packets and bytes read = in flows + discarded. */
  balanced: boolean;
}

export function account({
  totals,
  discarded: reasons,
  drops,
}: Pick<EngineCounters, 'totals' | 'discarded'> & Partial<EngineCounters>): Account {
  const total = (name: string) => totals[name] ?? 0;
  const flows = total('flows_created');
  const discarded = Object.entries(reasons)
    .filter(([, n]) => n.packets > 0 || n.bytes > 0)
    .sort(([, a], [, b]) => b.packets - a.packets);
  const rows: [packets: number, bytes: number, what: string][] = [
    [total('packets_read'), total('bytes_read'), 'read'],
    [
      total('packets_in_flows'),
      total('bytes_in_flows'),
      `in ${flows} ${flows === 1 ? 'flow' : 'flows'}`,
    ],
    ...discarded.map(([name, n]): [number, number, string] => [
      n.packets,
      n.bytes,
      `discarded: ${name}`,
    ]),
  ];
  const [read, ...parts] = rows as [[number, number, string], ...[number, number, string][]];
  const missingPackets = parts.reduce((rest, [packets]) => rest - packets, read[0]);
  const missingBytes = parts.reduce((rest, [, bytes]) => rest - bytes, read[1]);
  const balanced = missingPackets === 0 && missingBytes === 0;
  if (!balanced)
    rows.push([missingPackets, missingBytes, 'unaccounted: a defect of dipper, please report it']);

  const wide = (column: 0 | 1) => Math.max(...rows.map((row) => String(row[column]).length));
  const [packetsWide, bytesWide] = [wide(0), wide(1)];
  const lines = rows.map(
    ([packets, bytes, what]) =>
      `${String(packets).padStart(packetsWide)} packets  ${String(bytes).padStart(bytesWide)} bytes  ${what}\n`,
  );
  if (total('filtered') > 0)
    lines.push(`${total('filtered')} more packets did not pass the filter\n`);
  if (total('kernel_dropped') > 0)
    lines.push(
      `${total('kernel_dropped')} more packets lost: they came faster than they were read\n`,
    );
  if (drops === null) lines.push('packets lost: unknown, the source cannot tell\n');
  if (total('events_lost') > 0)
    lines.push(`${total('events_lost')} events lost: the output was too slow\n`);
  return { text: lines.join(''), balanced };
}
