// What nDPI publishes about a capture, in one shape for both of its sources: the parsed `expected.json` beside
// the captures, and nDPI's own `result/*.out` files (result-file.ts).
import { readFileSync } from 'node:fs';

export interface ExpectedFlow {
  l4: string;
  a: string;
  ap: number;
  b: string;
  bp: number;
  vlan: number;
  tunnel: string | null;
  proto: string;
  confidence: string;
  /** Packets and bytes from a to b and from b to a; bytes are captured frame lengths. */
  pk: [number, number];
  by: [number, number];
  host: string | null;
  risk: string[];
  score: number;
}

export type Total = [packets: number, bytes: number, flows: number];

export interface ExpectedCapture {
  totals: Record<string, Total>;
  flows: ExpectedFlow[];
}

export function loadExpected(path: string): Map<string, ExpectedCapture> {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(Object.entries(parsed as Record<string, ExpectedCapture>));
}

/** nDPI prints six IP protocols by name and the others by number. */
const l4Names = new Map([
  [1, 'ICMP'],
  [2, 'IGMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [58, 'ICMPV6'],
  [112, 'VRRP'],
]);

export function l4Name(ipProtocol: number): string {
  return l4Names.get(ipProtocol) ?? String(ipProtocol);
}

export interface Endpoint {
  address: string;
  port: number;
}

/**
 * The identity of a flow in a result: unique in each of the published files. nDPI's reader writes the first
 * `:0:` of an IPv6 address as `::`, which cannot be undone (it may leave two), so it is done to both sides.
 */
export function flowKey(l4: string, vlan: number, one: Endpoint, two: Endpoint): string {
  const ends = [one, two].map((end) => `${end.address.replace(':0:', '::')} ${end.port}`).sort();
  return `${l4} ${ends.join(' ')} vlan ${vlan}`;
}
