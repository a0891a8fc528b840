// `dipper lookup`: which application a name or an address belongs to, and which line of which file says so.
import { isIP } from 'node:net';
import { type Definitions, ruleText } from '../../applications/definitions.js';
import { type CategoryMatch, Lookup, type Match } from '../../applications/lookup.js';
import { exitCodes } from '../../errors.js';
import { type Command, type CommandSpec, usageError } from '../command.js';
import { definitionsOptions, readDefinitions } from '../definitions.js';

const spec: CommandSpec = {
  name: 'lookup',
  summary: 'Which application a host name or an address belongs to, and which rule says so.',
  usage: '[options] NAME|ADDRESS...',
  examples: [
    ['dipper lookup chat.openai.com', 'the application, its rule, and what else matched'],
    ['dipper lookup 17.253.144.10', 'the same for an address'],
    ['dipper lookup --json news.example | jq .application.tag', 'as NDJSON, a line for each'],
  ],
  options: [{ flags: '--json', description: 'NDJSON' }, ...definitionsOptions],
  exitCodes: [
    [0, 'looked up, found or not'],
    [64, 'usage'],
    [66, 'no such file of definitions'],
    [78, 'the configuration has problems'],
  ],
};

/** What is known about a name or an address. */
export interface Finding {
  readonly query: string;
  /** The one that wins first. */
  readonly matches: readonly Match[];
  readonly category?: CategoryMatch | undefined;
}

export function find(lookup: Lookup, query: string): Finding {
  if (isIP(query) > 0) return { query, matches: lookup.address(query) };
  return { query, matches: lookup.name(query), category: lookup.category(query) };
}

const ruleObject = ({ rule, application, candidate }: Match) => ({
  application: application.tag,
  rule: ruleText(rule),
  kind: rule.kind,
  file: rule.file,
  line: rule.line,
  priority: rule.priority,
  candidate,
});

export function findingJson({ query, matches, category }: Finding): string {
  const [first, ...others] = matches;
  const { id, tag, name, category: word } = first?.application ?? {};
  const object = {
    query,
    application: first === undefined ? null : { id, tag, name, category: word },
    rule: first === undefined ? null : ruleObject(first),
    others: others.map(ruleObject),
    domain_category:
      category === undefined
        ? null
        : { category: category.category, domain: category.domain, file: category.file },
  };
  return `${JSON.stringify(object)}\n`;
}

export function findingText({ query, matches, category }: Finding): string {
  const [first, ...others] = matches;
  const rows: [string, string][] = [];
  if (first === undefined) rows.push(['application', 'none: no rule matches']);
  else {
    const { tag, id, name, category: word } = first.application;
    rows.push(['application', `${tag} (${id}): ${name}, ${word}`], ['rule', place(first)]);
    if (first.candidate !== query) rows.push(['looked up as', first.candidate]);
  }
  for (const other of others) rows.push(['also', `${other.application.tag} by ${place(other)}`]);
  if (category !== undefined)
    rows.push(['category', `${category.category} by ${category.domain}  ${category.file}`]);
  return `${query}\n${rows.map(([what, text]) => `  ${what.padEnd(13)}${text}\n`).join('')}`;
}

const place = ({ rule }: Match) => `${ruleText(rule)}  ${rule.file}:${rule.line}`;

export const command: Command = {
  spec,
  async run(values, operands, io) {
    if (operands.length === 0) throw usageError('lookup', 'name a host or an address');
    const definitions: Definitions = await readDefinitions(values, io);
    const lookup = new Lookup(definitions);
    const print = values.json === true ? findingJson : findingText;
    for (const query of operands) await io.stdout.write(print(find(lookup, query)));
    return exitCodes.ok;
  },
};
