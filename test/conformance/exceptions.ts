// Every difference from nDPI's published results that we accept, with its reason. docs/conformance.md says the
// same in words. A row that no longer occurs is an error, so that the table cannot outlive its reasons.
import type { Difference, Figure } from './compare.js';

export interface Exception {
  capture: string;
  figure: Figure;
  /** A part of the flow's key or of the protocol's name. */
  subject: string;
  reason: string;
  /** Further condition on what differs, so that the row excuses nothing else. */
  when?: (difference: Difference) => boolean;
  /** Occurs in a capture that is only in nDPI's whole suite. */
  otherSuite?: true;
}

// In two of the flows the library, without PCRE, sees a suspicious URL (score 100) instead.
const withoutPcre = 'libndpi was built without PCRE, by which it finds this risk (score 250)';

export const exceptions: readonly Exception[] = [
  {
    capture: 'synscan.pcap',
    figure: 'packets and bytes, both directions',
    subject: 'TCP 172.16.0.8 36050 64.13.134.52 22 vlan 0',
    reason: "the reference counts a reverse packet as forward (its tree's order knows directions)",
    otherSuite: true,
  },
  {
    capture: 'WebattackRCE.pcap',
    figure: 'risks',
    subject: 'TCP 127.0.0.1',
    reason: withoutPcre,
    when: ({ expected, seen }) =>
      expected.replace(', RCE Injection', '') === seen.replace(', HTTP Suspicious URL', ''),
    otherSuite: true,
  },
  {
    capture: 'WebattackRCE.pcap',
    figure: 'score',
    subject: 'TCP 127.0.0.1',
    reason: withoutPcre,
    when: ({ expected, seen }) => [150, 250].includes(Number(expected) - Number(seen)),
    otherSuite: true,
  },
];

export function exceptionFor(difference: Difference): Exception | undefined {
  return exceptions.find(
    (row) =>
      row.capture === difference.capture &&
      row.figure === difference.figure &&
      difference.subject.includes(row.subject) &&
      (row.when?.(difference) ?? true),
  );
}
