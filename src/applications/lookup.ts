// What definitions mean: which rule a name or an address falls under. Plain maps, for commands and as the oracle of the
// native table that the workers use.
import { isIP } from 'node:net';
import { LinearRegex } from '../regex/linear-regex.js';
import type {
  Application,
  Definitions,
  DomainRule,
  PrefixRule,
  RegexRule,
  Rule,
  TextRule,
} from './definitions.js';
import { longestName, strangeCharacter } from './domain-name.js';
import { network } from './network.js';

export interface Match {
  readonly rule: Rule;
  readonly application: Application;
  /** The name that was looked up: another one than was asked for when a transform changed it. */
  readonly candidate: string;
}

export interface CategoryMatch {
  readonly category: string;
  /** The entry of the list. */
  readonly domain: string;
  readonly file: string;
}

/** The evidence of a flow, strongest first; empty text is none. */
export interface Evidence {
  readonly names: readonly string[];
  readonly address?: string;
  /** What libndpi calls the flow: application first, then protocol. */
  readonly library?: readonly string[];
  readonly ipProtocol?: number;
  readonly serverPort?: number;
}

export class Lookup {
  readonly #applications: ReadonlyMap<number, Application>;
  readonly #domains = new Map<string, DomainRule[]>();
  readonly #texts: readonly TextRule[];
  readonly #expressions: readonly { rule: RegexRule; regex: LinearRegex }[];
  readonly #prefixes = new Map<string, PrefixRule[]>();
  /** Lengths that occur, longest first, for each version. */
  readonly #lengths: { readonly 4: readonly number[]; readonly 6: readonly number[] };
  readonly #transforms: readonly LinearRegex[];
  readonly #definitions: Definitions;
  #lists: ReadonlyMap<string, CategoryMatch & { priority: number }> | undefined;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
    this.#applications = new Map(definitions.applications.map((a) => [a.id, a]));
    const texts: TextRule[] = [];
    const expressions: { rule: RegexRule; regex: LinearRegex }[] = [];
    const lengths = { 4: new Set<number>(), 6: new Set<number>() };
    for (const rule of definitions.rules) {
      if (rule.kind === 'domain') append(this.#domains, rule.name, rule);
      else if (rule.kind === 'text') texts.push(rule);
      else if (rule.kind === 'regex')
        expressions.push({ rule, regex: new LinearRegex(rule.source, '') });
      else if (rule.kind === 'prefix') {
        append(this.#prefixes, `${rule.address}/${rule.bits}`, rule);
        lengths[rule.address.includes(':') ? 6 : 4].add(rule.bits);
      }
    }
    // Stable: of texts of one length the first in order stays first.
    this.#texts = texts.sort((a, b) => b.text.length - a.text.length);
    this.#expressions = expressions;
    const longestFirst = (bits: Set<number>) => [...bits].sort((a, b) => b - a);
    this.#lengths = { 4: longestFirst(lengths[4]), 6: longestFirst(lengths[6]) };
    this.#transforms = definitions.transforms.map(
      ({ source, replacement }) => new LinearRegex(source, replacement),
    );
  }

  /** Every rule that `name` falls under, the one that wins first, each once. */
  name(name: string): Match[] {
    const found = new Map<Rule, Match>();
    for (const candidate of this.candidates(name))
      for (const rule of this.#rulesOf(candidate))
        if (!found.has(rule)) found.set(rule, this.#match(rule, candidate));
    return [...found.values()];
  }

  /** What is looked up for `name`: what transforms make of it, then the name itself. */
  candidates(name: string): string[] {
    const plain = name.toLowerCase().replace(/\.$/, '');
    const changed = this.#transforms
      .map((regex) => regex.replace(plain))
      .filter((candidate) => candidate !== plain)
      .map((candidate) => candidate.toLowerCase().replace(/\.$/, ''));
    return [...new Set([...changed, plain])].filter(isName);
  }

  *#rulesOf(name: string): Generator<Rule> {
    for (const suffix of suffixes(name)) {
      const whole = suffix === name;
      for (const rule of this.#domains.get(suffix) ?? [])
        if (whole ? rule.exact : rule.subdomains) yield rule;
    }
    for (const rule of this.#texts) if (hasText(name, rule)) yield rule;
    for (const { rule, regex } of this.#expressions) if (regex.test(name)) yield rule;
  }

  /** Every rule that an address falls under, the longest prefix first. Empty for what is no address. */
  address(address: string): Match[] {
    const version = isIP(address);
    if (version !== 4 && version !== 6) return [];
    return this.#lengths[version].flatMap((bits) => {
      const found = network(`${address}/${bits}`);
      const rules = found && this.#prefixes.get(`${found.address}/${bits}`);
      return (rules ?? []).map((rule) => this.#match(rule, address));
    });
  }

  library(protocol: string): Match[] {
    const wanted = protocol.toLowerCase();
    return this.#definitions.rules
      .filter((rule) => rule.kind === 'library' && rule.protocol.toLowerCase() === wanted)
      .map((rule) => this.#match(rule, protocol));
  }

  port(ipProtocol: number, port: number): Match[] {
    return this.#definitions.rules
      .filter(
        (rule) =>
          rule.kind === 'port' &&
          rule.ipProtocol === ipProtocol &&
          rule.firstPort <= port &&
          port <= rule.lastPort,
      )
      .map((rule) => this.#match(rule, String(port)));
  }

  /** Everything that a flow falls under, the strongest evidence first: names, address, the library's word, port. */
  evidence({ names, address, library, ipProtocol, serverPort }: Evidence): Match[] {
    return [
      ...names.flatMap((name) => (isIP(name) ? [] : this.name(name))),
      ...(address === undefined ? [] : this.address(address)),
      ...(library ?? []).flatMap((protocol) => this.library(protocol)),
      ...(ipProtocol === undefined || serverPort === undefined
        ? []
        : this.port(ipProtocol, serverPort)),
    ];
  }

  /** The category that a domain list gives: the lowest number, then the longest suffix. */
  category(name: string): CategoryMatch | undefined {
    this.#lists ??= this.#listed();
    let best: (CategoryMatch & { priority: number }) | undefined;
    for (const suffix of suffixes(name.toLowerCase().replace(/\.$/, ''))) {
      const found = this.#lists.get(suffix);
      if (found !== undefined && (best === undefined || found.priority < best.priority))
        best = found;
    }
    return best;
  }

  #listed(): Map<string, CategoryMatch & { priority: number }> {
    const lists = new Map<string, CategoryMatch & { priority: number }>();
    // By priority, ascending: the first that has a domain keeps it.
    for (const { category, priority, file, domains } of this.#definitions.domainLists)
      for (const domain of domains)
        if (!lists.has(domain)) lists.set(domain, { category, domain, file, priority });
    return lists;
  }

  #match(rule: Rule, candidate: string): Match {
    return {
      rule,
      application: this.#applications.get(rule.application) as Application,
      candidate,
    };
  }
}

/** What no name has, no rule is about: the workers do not look it up either. */
const isName = (text: string): boolean =>
  text !== '' && text.length <= longestName && strangeCharacter(text) < 0;

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

/** The name, then what is behind each of its dots. */
function* suffixes(name: string): Generator<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    yield name.slice(dot + 1);
}

function hasText(name: string, { text, start, end }: TextRule): boolean {
  if (start) return name.startsWith(text);
  return end ? name.endsWith(text) : name.includes(text);
}
