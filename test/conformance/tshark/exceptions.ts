// Every difference from tshark that we accept, with its reason. A row that no longer occurs is an error, so that the
// table cannot outlive its reasons.
import type { Difference } from './compare.js';

export interface Exception {
  /** Of all captures without it. */
  readonly capture?: string;
  readonly figures: readonly string[];
  /** A part of the flow. */
  readonly flow?: string;
  /** Further condition on what differs, so that the row excuses nothing else. */
  readonly when?: (difference: Difference) => boolean;
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [];

export function exceptionFor(difference: Difference): Exception | undefined {
  return exceptions.find(
    ({ capture, figures, flow, when }) =>
      (capture === undefined || capture === difference.capture) &&
      figures.includes(difference.figure) &&
      (flow === undefined || difference.flow.includes(flow)) &&
      (when?.(difference) ?? true),
  );
}
