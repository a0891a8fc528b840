// Which of the rules that match equally well wins, and which rules therefore never do.
import type { DomainRule, Problem, Rule } from './definitions.js';
import type { Problems } from './problems.js';

/** The rules of all files, `perFile` in the order of files: higher priority, then the later file, then the earlier line. */
export function inOrder(perFile: readonly (readonly Rule[])[]): Rule[] {
  const rules: Rule[] = [];
  // Not by spreading: a file may have more rules than a call may have arguments.
  for (let i = perFile.length - 1; i >= 0; i--)
    for (const rule of perFile[i] ?? []) rules.push(rule);
  // The sort is stable; most sets have one priority, and then nothing is to be done.
  const first = rules[0]?.priority;
  if (rules.some(({ priority }) => priority !== first))
    rules.sort((a, b) => b.priority - a.priority);
  return rules;
}

/** Reports every rule of `rules`, which are in order, that cannot win: an earlier one matches all that it matches. */
export function reportShadowed(
  rules: readonly Rule[],
  tags: ReadonlyMap<number, string>,
  problems: Problems,
): void {
  const domains = new DomainOwners();
  const others = new Map<string, Rule>();
  for (const rule of rules) {
    let winner: Rule | undefined;
    if (rule.kind === 'domain') winner = domains.claim(rule);
    else {
      const what = key(rule);
      winner = others.get(what);
      if (winner === undefined) others.set(what, rule);
    }
    if (winner !== undefined) report(rule, winner, tags, problems);
  }
}

/** Who has a name, and what is below it. Two rules at most share both; most often one has them. */
class DomainOwners {
  readonly #first = new Map<string, DomainRule>();
  readonly #second = new Map<string, DomainRule>();

  /** The rule that has all that `rule` asks for; undefined when `rule` gets something. */
  claim(rule: DomainRule): DomainRule | undefined {
    const first = this.#first.get(rule.name);
    if (first === undefined) {
      this.#first.set(rule.name, rule);
      return undefined;
    }
    if (covers(first, rule)) return first;
    const second = this.#second.get(rule.name);
    if (second !== undefined) return covers(second, rule) ? second : first; // they have all of it
    this.#second.set(rule.name, rule);
    return undefined;
  }
}

const covers = (owner: DomainRule, rule: DomainRule) =>
  (owner.exact || !rule.exact) && (owner.subdomains || !rule.subdomains);

function key(rule: Exclude<Rule, { kind: 'domain' }>): string {
  switch (rule.kind) {
    case 'prefix':
      return `${rule.address}/${rule.bits}`;
    case 'text':
      return `text ${rule.start ? '^' : ''}${rule.text}${rule.end ? '$' : ''}`;
    case 'regex':
      return `regex ${rule.source}`;
    case 'port':
      return `port ${rule.ipProtocol} ${rule.firstPort} ${rule.lastPort}`;
    case 'library':
      return `library ${rule.protocol.toLowerCase()}`;
  }
}

function report(
  rule: Rule,
  winner: Rule,
  tags: ReadonlyMap<number, string>,
  problems: Problems,
): void {
  const place = `${winner.file}:${winner.line}`;
  const here = winner.file === rule.file;
  // Another file that says otherwise is what files and priorities are for.
  const severity: Problem['severity'] = here ? 'warning' : 'note';
  problems.add(
    severity,
    rule.file,
    rule.line,
    winner.application === rule.application
      ? `said already at ${place}`
      : `never wins: ${place} gives it to ${tags.get(winner.application)}`,
  );
}
