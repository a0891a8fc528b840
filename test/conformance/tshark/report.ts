// Sums up the comparisons: N of M for each figure, then what differs, each difference once.
import type { Comparison, Difference } from './compare.js';
import { type Exception, exceptionFor, exceptions } from './exceptions.js';

interface Tally {
  checked: number;
  same: number;
  excused: number;
}

const shownFaults = 80;

export class Report {
  readonly #verbose: boolean;
  readonly #tallies = new Map<string, Tally>();
  readonly #faults: string[] = [];
  readonly #excused = new Map<Exception, string[]>();

  constructor(verbose: boolean) {
    this.#verbose = verbose;
  }

  add({ checks, differences }: Comparison): void {
    for (const [figure, count] of checks) {
      const tally = this.#tally(figure);
      tally.checked += count;
      tally.same += count;
    }
    for (const difference of differences) {
      const tally = this.#tally(difference.figure);
      tally.same -= 1;
      const exception = exceptionFor(difference);
      if (exception === undefined) this.#faults.push(text(difference));
      else {
        tally.excused += 1;
        this.#excused.set(exception, [...(this.#excused.get(exception) ?? []), text(difference)]);
      }
    }
  }

  fault(words: string): void {
    this.#faults.push(words);
  }

  /** True when nothing differs but what exceptions.ts excuses. `whole`: all captures were compared. */
  print(whole: boolean): boolean {
    const out = (line: string): boolean => process.stdout.write(`${line}\n`);
    for (const [figure, { checked, same, excused }] of this.#tallies) {
      if (checked === 0) continue;
      const rest = excused === 0 ? '' : `, ${excused} differ for a reason`;
      out(`${figure.padEnd(30)} ${same} of ${checked}${rest}`);
    }
    for (const [exception, differences] of this.#excused) {
      out(`excused, ${differences.length}: ${exception.reason}`);
      if (this.#verbose) for (const line of differences) out(`    ${line}`);
    }
    if (whole)
      for (const row of exceptions.filter((one) => !one.elsewhere && !this.#excused.has(one)))
        this.#faults.push(`the exception no longer occurs: ${row.reason}`);
    const shown = this.#verbose ? this.#faults : this.#faults.slice(0, shownFaults);
    for (const line of shown) out(`DIFFERS: ${line}`);
    if (shown.length < this.#faults.length)
      out(`... and ${this.#faults.length - shown.length} more (--verbose)`);
    const passed = this.#faults.length === 0;
    out(passed ? 'conformance: passed' : `conformance: ${this.#faults.length} faults`);
    return passed;
  }

  #tally(figure: string): Tally {
    const tally = this.#tallies.get(figure) ?? { checked: 0, same: 0, excused: 0 };
    this.#tallies.set(figure, tally);
    return tally;
  }
}

function text({ capture, figure, flow, expected, seen }: Difference): string {
  return `${capture}: ${figure}: ${flow}: tshark ${expected || '(none)'}, Dipper ${seen || '(none)'}`;
}
