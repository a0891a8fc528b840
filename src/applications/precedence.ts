// Which of the rules that match equally well wins, and which rules therefore never do.
import type { Problem, Rule } from './definitions.js';
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
  const names = new Map<string, Rule>();
  const below = new Map<string, Rule>();
  const others = new Map<string, Rule>();
  for (const rule of rules) {
    let winner: Rule | undefined;
    if (rule.kind === 'domain') {
      const exact = rule.exact ? claim(names, rule.name, rule) : undefined;
      const subdomains = rule.subdomains ? claim(below, rule.name, rule) : undefined;
      winner = rule.exact && rule.subdomains ? exact && subdomains && exact : (exact ?? subdomains);
    } else winner = claim(others, key(rule), rule);
    if (winner !== undefined) report(rule, winner, tags, problems);
  }
}

/** Who has `key` already; `rule` has it from now on when nobody had. */
function claim(owners: Map<string, Rule>, key: string, rule: Rule): Rule | undefined {
  const owner = owners.get(key);
  if (owner === undefined) owners.set(key, rule);
  return owner;
}

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
