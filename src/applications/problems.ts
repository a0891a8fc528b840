// What was found wrong while definition files were read: some hundred a file, the rest as a number.
import type { Problem } from './definitions.js';

/** So many of each severity are kept for a file: one more is another kind of file, or the same mistake again. */
const mostOfAFile = 100;

export class Problems {
  readonly #problems: Problem[] = [];
  readonly #counts = new Map<string, { severity: Problem['severity']; file: string; n: number }>();

  add(
    severity: Problem['severity'],
    file: string,
    line: number,
    message: string,
    column?: number,
  ): void {
    const key = `${severity} ${file}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { severity, file, n: 0 };
      this.#counts.set(key, count);
    }
    count.n += 1;
    if (count.n <= mostOfAFile)
      this.#problems.push({
        file,
        line,
        ...(column === undefined ? {} : { column }),
        severity,
        message,
      });
  }

  /** In the order of `files`, then by line; at a file's end how many are not listed. */
  list(files: readonly string[]): Problem[] {
    const order = new Map(files.map((file, i) => [file, i]));
    const rest = [...this.#counts.values()]
      .filter(({ n }) => n > mostOfAFile)
      .map(({ severity, file, n }) => ({
        file,
        line: Number.POSITIVE_INFINITY,
        severity,
        message: `${n - mostOfAFile} more of this severity are not listed`,
      }));
    return [...this.#problems, ...rest]
      .sort((a, b) => (order.get(a.file) ?? -1) - (order.get(b.file) ?? -1) || a.line - b.line)
      .map((problem) => (Number.isFinite(problem.line) ? problem : { ...problem, line: 0 }));
  }
}

/** `FILE:LINE:COLUMN: error: what, why, what to do`. */
export function problemLine({ file, line, column, severity, message }: Problem): string {
  const place = [file, ...(line > 0 ? [line] : []), ...(column === undefined ? [] : [column])];
  return `${place.join(':')}: ${severity}: ${message}`;
}
