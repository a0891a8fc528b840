// Collects the outcome of all checks and prints N of M for each figure, then what differs.
import { type Comparison, type Difference, figures } from './compare.js';
import type { DefaultModeResult } from './default-mode.js';
import { exceptionFor, exceptions } from './exceptions.js';

interface Tally {
  passed: number;
  checked: number;
}

const shownFaults = 60;

export class Report {
  readonly #verbose: boolean;
  readonly #tallies = new Map<string, Tally>();
  readonly #faults: string[] = [];
  readonly #excused: string[] = [];
  readonly #used = new Set<object>();
  readonly #notes: string[] = [];
  readonly #labels = new Map<string, { flows: number; different: string[] }>();
  readonly #byReason = new Map<string, string[]>();
  #library: string | undefined;

  constructor(verbose: boolean) {
    this.#verbose = verbose;
    for (const figure of figures) this.#tally(figure);
  }

  note(capture: string, text: string): void {
    this.#notes.push(`${capture}: ${text}`);
  }

  check(figure: string, subject: string, faults: readonly string[]): void {
    const tally = this.#tally(figure);
    tally.checked += 1;
    if (faults.length === 0) tally.passed += 1;
    for (const fault of faults) this.#faults.push(`${subject}: ${figure}: ${fault}`);
  }

  compared({ checks, differences }: Comparison): void {
    for (const [figure, count] of checks) {
      const tally = this.#tally(figure);
      tally.checked += count;
      tally.passed += count;
    }
    for (const difference of differences) {
      this.#tally(difference.figure).passed -= 1;
      const exception = exceptionFor(difference);
      if (exception) {
        this.#used.add(exception);
        this.#excused.push(`${text(difference)}: ${exception.reason}`);
      } else this.#faults.push(text(difference));
    }
  }

  /** Labels may differ by the number of workers (nDPI's caches are per worker): reported, not judged. */
  labelsByWorkers(run: string, capture: string, flows: number, different: readonly string[]): void {
    const entry = this.#labels.get(run) ?? { flows: 0, different: [] };
    this.#labels.set(run, entry);
    entry.flows += flows;
    entry.different.push(...different.map((line) => `${capture}: ${line}`));
  }

  defaultMode({ capture, flows, same, explained, unexplained }: DefaultModeResult): void {
    const tally = this.#tally('flows as the reference has them, default mode');
    tally.checked += flows;
    tally.passed += same;
    for (const [reason, subjects] of explained) {
      const list = this.#byReason.get(reason) ?? [];
      this.#byReason.set(reason, list);
      list.push(...subjects.map((subject) => `${capture}: ${subject}`));
    }
    for (const fault of unexplained) this.#faults.push(`${capture}: default mode: ${fault}`);
  }

  otherLibrary(version: string): void {
    this.#library = version;
  }

  /** Prints everything; true when nothing differs but what exceptions.ts excuses. */
  print(whole: boolean): boolean {
    const out = (line: string): boolean => process.stdout.write(`${line}\n`);
    for (const [figure, { passed, checked }] of this.#tallies) {
      if (checked > 0) out(`${figure.padEnd(66)} ${passed} of ${checked}`);
    }
    for (const [run, { flows, different }] of this.#labels) {
      out(
        `${`labels as with 1 worker, ${run}`.padEnd(66)} ${flows - different.length} of ${flows}`,
      );
      if (this.#verbose) for (const line of different) out(`    ${line}`);
    }
    for (const [reason, subjects] of this.#byReason) {
      out(`${`  default mode differs: ${reason}`.padEnd(66)} ${subjects.length}`);
      if (this.#verbose) for (const line of subjects) out(`    ${line}`);
    }
    if (this.#library !== undefined) {
      out(
        `nDPI ${this.#library}: its answers are not compared, the published ones are of nDPI 4.2`,
      );
    }
    if (this.#verbose) for (const note of this.#notes) out(`note: ${note}`);
    for (const line of this.#excused) out(`excused: ${line}`);
    if (whole && this.#library === undefined) this.#faults.push(...this.#stale());
    for (const line of this.#faults.slice(0, this.#verbose ? undefined : shownFaults))
      out(`DIFFERS: ${line}`);
    const hidden = this.#verbose ? 0 : this.#faults.length - shownFaults;
    if (hidden > 0) out(`... and ${hidden} more (--verbose)`);
    out(
      this.#faults.length === 0
        ? 'conformance: passed'
        : `conformance: ${this.#faults.length} faults`,
    );
    return this.#faults.length === 0;
  }

  #stale(): string[] {
    return exceptions
      .filter((row) => !row.otherSuite && !this.#used.has(row))
      .map((row) => `${row.capture}: the exception for ${row.figure} no longer occurs`);
  }

  #tally(figure: string): Tally {
    const tally = this.#tallies.get(figure) ?? { passed: 0, checked: 0 };
    this.#tallies.set(figure, tally);
    return tally;
  }
}

function text({ capture, figure, subject, expected, seen }: Difference): string {
  return `${capture}: ${figure}: ${subject}: expected ${expected || '(none)'}, got ${seen || '(none)'}`;
}
