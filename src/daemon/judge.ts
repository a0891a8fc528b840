// What only the parts behind the configuration can refuse. Asked before anything is opened, and before a reload changes
// anything.
import { loadAddon } from '../addon.js';
import { ndpiFileProblems, ndpiProblemText } from '../capture/ndpi-file-problems.js';
import type { Config, Verdict } from '../config/index.js';
import { ndpiFiles } from './settings.js';

export function judge(config: Config): Verdict[] {
  return [...filterVerdicts(config), ...ndpiVerdicts(config)];
}

/** Lines that libndpi refuses, or would not survive. */
function ndpiVerdicts(config: Config): Verdict[] {
  return ndpiFileProblems(ndpiFiles(config))
    .filter(({ severity }) => severity === 'error')
    .map((problem) => {
      const key = Object.entries(config.ndpi).find(([, path]) => path === problem.file)?.[0] ?? '';
      return { pointer: `/ndpi/${key}`, message: `is refused: ${ndpiProblemText(problem)}` };
    });
}

/** Packet filters that libpcap does not compile. */
function filterVerdicts({ interfaces }: Config): Verdict[] {
  return interfaces.flatMap(({ filter }, i) => {
    const problem = filter === undefined ? undefined : loadAddon().filterProblem(filter);
    return problem === undefined
      ? []
      : [{ pointer: `/interfaces/${i}/filter`, message: `is refused: ${problem}` }];
  });
}

/** A line for each thing that libndpi would leave out of its files without a word. */
export const remarksOn = (config: Config): string[] =>
  ndpiFileProblems(ndpiFiles(config)).map(ndpiProblemText);
