// Every difference from nDPI's published results that we accept, with its reason. docs/conformance.md says the
// same in words. A row that no longer occurs is an error, so that the table cannot outlive its reasons.
import type { Difference, Figure } from './compare.js';

export interface Exception {
  capture: string;
  figure: Figure;
  /** A part of the flow's key or of the protocol's name. */
  subject: string;
  reason: string;
  /** Occurs in a capture that is only in nDPI's whole suite. */
  otherSuite?: true;
}

export const exceptions: readonly Exception[] = [
  {
    capture: 'synscan.pcap',
    figure: 'packets and bytes, both directions',
    subject: 'TCP 172.16.0.8 36050 64.13.134.52 22 vlan 0',
    reason: "the reference counts a reverse packet as forward (its tree's order knows directions)",
    otherSuite: true,
  },
];

export function exceptionFor(difference: Difference): Exception | undefined {
  return exceptions.find(
    (row) =>
      row.capture === difference.capture &&
      row.figure === difference.figure &&
      difference.subject.includes(row.subject),
  );
}
