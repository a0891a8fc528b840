// What definition files say, read and checked: applications, the rules that recognise them, name transforms, categories
// and domain lists. Types only: `load.ts` makes them from files, `lookup.ts` is the reference of what they mean.

/** A service of people's vocabulary: Netflix, OpenAI. Its id is stable and never given to another one. */
export interface Application {
  readonly id: number;
  /** As in messages: `dipper.openai`, `netify.netflix`. */
  readonly tag: string;
  /** For people: `OpenAI`. */
  readonly name: string;
  /** The word of a `Category`; `unclassified` when no file says one. */
  readonly category: string;
  readonly file: string;
  readonly line: number;
}

export interface Category {
  readonly word: string;
  readonly description: string;
  readonly file: string;
  readonly line: number;
}

export interface RuleOrigin {
  /** Id of the application; it is among the definitions' `applications`. */
  readonly application: number;
  readonly file: string;
  readonly line: number;
  /** 0 unless the file says another one; higher wins among rules that match equally well. */
  readonly priority: number;
}

/** The name itself (`exact`) and what is below it (`subdomains`). Lower-case ASCII, no dots at its ends. */
export interface DomainRule extends RuleOrigin {
  readonly kind: 'domain';
  readonly name: string;
  readonly exact: boolean;
  readonly subdomains: boolean;
}

/** A piece of a name, labels or not: netifyd's `host:"x"` (neither), `"^x"` (`start`), `"x$"` (`end`). Lower case. */
export interface TextRule extends RuleOrigin {
  readonly kind: 'text';
  readonly text: string;
  readonly start: boolean;
  readonly end: boolean;
}

/** A LinearRegex pattern that is searched in a name; case does not matter. It has been compiled once: it is valid. */
export interface RegexRule extends RuleOrigin {
  readonly kind: 'regex';
  readonly source: string;
}

/** IPv4 dotted or IPv6; the bits behind `bits` are zero. */
export interface PrefixRule extends RuleOrigin {
  readonly kind: 'prefix';
  readonly address: string;
  readonly bits: number;
}

/** The server's port, both ends included. */
export interface PortRule extends RuleOrigin {
  readonly kind: 'port';
  /** 6 or 17. */
  readonly ipProtocol: number;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** libndpi's own name of an application: `Netflix`. Compared without regard to case. */
export interface LibraryRule extends RuleOrigin {
  readonly kind: 'library';
  readonly protocol: string;
}

/**
 * For a name: the domain rule with the longest name; else the text rule with the longest text; else the first regex rule.
 * For an address: the longest prefix. Where these are equal, the rule that stands earlier in `Definitions.rules`.
 */
export type Rule = DomainRule | TextRule | RegexRule | PrefixRule | PortRule | LibraryRule;

/**
 * A name that `source` (a LinearRegex pattern) matches is looked up as what `replacement` makes of it. Every transform
 * that matches gives one candidate, in the order of `Definitions.transforms`; the name itself is the last candidate.
 */
export interface Transform {
  readonly source: string;
  readonly replacement: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Names of one category, a file of `domains.d`. Each stands for itself and what is below it. Among all lists that have
 * a suffix of a name, the one with the lowest number gives the category; then the one with the longest suffix.
 */
export interface DomainList {
  readonly category: string;
  /** The number that the file's name begins with. */
  readonly priority: number;
  readonly file: string;
  readonly domains: readonly string[];
}

export interface Problem {
  readonly file: string;
  /** From 1; 0 when it concerns the whole file. */
  readonly line: number;
  /** In characters from 1; absent when it concerns the whole line. */
  readonly column?: number;
  /** `error`: something is not used. `warning`: used, but likely not what was meant. `note`: overridden by a later file. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
}

export interface Definitions {
  /** By id, ascending. */
  readonly applications: readonly Application[];
  /**
   * In order of precedence: of rules that match equally well, the first wins (higher priority, then the later file,
   * then the earlier line). Rules that never win are in it, too: they are part of an explanation.
   */
  readonly rules: readonly Rule[];
  readonly transforms: readonly Transform[];
  readonly categories: readonly Category[];
  /** By priority, ascending. */
  readonly domainLists: readonly DomainList[];
  readonly problems: readonly Problem[];
  /** Every file that was read or tried, in order. */
  readonly files: readonly string[];
}

export interface DefinitionSources {
  /** Of each the `*.conf` files by name; later directories override earlier ones. One that does not exist is empty. */
  readonly directories?: readonly string[];
  /** After the directories. One that cannot be read is a problem. */
  readonly files?: readonly string[];
  /** `{priority}-{category}.txt`. */
  readonly domainDirectories?: readonly string[];
}

/** The rule as a line of a file would say it: `dom:100001:openai.com`, `host:"^snapchat.com$"`. */
export function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case 'domain':
      if (rule.exact && rule.subdomains) return `dom:${rule.application}:${rule.name}`;
      return `host:"${rule.exact ? '^' : '.'}${rule.name}$"`;
    case 'text':
      return `host:"${rule.start ? '^' : ''}${rule.text}${rule.end ? '$' : ''}"`;
    case 'regex':
      return `rex:${rule.application}:${rule.source}`;
    case 'prefix':
      return `net:${rule.application}:${rule.address}/${rule.bits}`;
    case 'port': {
      const ports =
        rule.firstPort === rule.lastPort
          ? `${rule.firstPort}`
          : `${rule.firstPort}-${rule.lastPort}`;
      return `${rule.ipProtocol === 6 ? 'tcp' : 'udp'}:${ports}`;
    }
    case 'library':
      return `lib:${rule.application}:${rule.protocol}`;
  }
}
