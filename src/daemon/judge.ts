// What only the parts behind the configuration can refuse. Asked before anything is opened, and before a reload changes
// anything.
import { loadAddon } from '../addon.js';
import type { Config, Verdict } from '../config/index.js';

/** Packet filters that libpcap does not compile. */
export function judge({ interfaces }: Config): Verdict[] {
  return interfaces.flatMap(({ filter }, i) => {
    const problem = filter === undefined ? undefined : loadAddon().filterProblem(filter);
    return problem === undefined
      ? []
      : [{ pointer: `/interfaces/${i}/filter`, message: `is refused: ${problem}` }];
  });
}
