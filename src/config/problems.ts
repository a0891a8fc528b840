// Where a value of the configuration came from, what is wrong with it, and the error that carries all of it at once.
import { DipperError } from '../errors.js';

export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** `/etc/dipperd.conf:12`, `DIPPER_MAX_FLOWS`, `--workers`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return origin.line > 0 ? `${origin.path}:${origin.line}` : origin.path;
    case 'environment':
      return origin.name;
    case 'flag':
      return origin.flag;
  }
}

/** `message` says what, why and what to do. */
export interface Problem {
  readonly origin: Origin;
  readonly message: string;
}

export function problemText({ origin, message }: Problem): string {
  return origin.kind === 'default' ? message : `${originText(origin)}: ${message}`;
}

/** Every problem of a configuration, a line each. Exit code 78. */
export class ConfigError extends DipperError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(problemText);
    super(
      'ERR_CONFIG_INVALID',
      lines.length === 1
        ? (lines[0] as string)
        : `the configuration has ${lines.length} problems:\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}

/** The candidate nearest to `name`, if one is near enough to be what was meant. Case, `-` and `_` do not count. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.floor(wanted.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** `; did you mean x?` or an empty string. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const guess = nearest(name, candidates);
  return guess === undefined ? '' : `; did you mean \`${guess}\`?`;
}

const plain = (name: string) => name.toLowerCase().replaceAll('-', '_');

/**
 * Insertions, deletions, substitutions and swaps of neighbours between two names (optimal string alignment); at
 * least `limit` when their lengths alone differ by that much.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > 256) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      row.push(cost);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] as number;
}
