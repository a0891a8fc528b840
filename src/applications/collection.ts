// What the parsers have found so far: rules by file, applications by id, and who declared what. Resolved at the end, so
// that the order of records in files does not matter.
import { LinearRegex } from '../regex/linear-regex.js';
import type { Application, Category, Rule, Transform } from './definitions.js';
import type { Problems } from './problems.js';

/** Every name that no plain rule knows is searched with each of them. */
const mostExpressions = 256;

/** More than anybody has; a bound for hostile files. */
const mostRules = 2_000_000;

const largestId = 0x7fffffff;

export interface Place {
  readonly file: string;
  readonly line: number;
}

interface Declared extends Place {
  readonly tag: string;
}

/** What one file has said: its rules, and the ids that it may not use. */
export interface FileRules {
  readonly file: string;
  readonly rules: Rule[];
  readonly refused: Set<number>;
  /** Of the rules that follow. */
  priority: number;
}

export class Collection {
  readonly problems: Problems;
  readonly files: FileRules[] = [];
  readonly transforms: Transform[] = [];
  readonly categories = new Map<string, Category>();
  readonly #declared = new Map<number, Declared>();
  readonly #tags = new Map<string, number>();
  readonly #names = new Map<number, Place & { name: string }>();
  readonly #categoryOf = new Map<number, Place & { word: string }>();
  #rules = 0;
  #expressions = 0;

  constructor(problems: Problems) {
    this.problems = problems;
  }

  begin(file: string): FileRules {
    const rules: FileRules = { file, rules: [], refused: new Set(), priority: 0 };
    this.files.push(rules);
    return rules;
  }

  /** False when the id stands for another application already: ids are never reused. */
  declare(from: FileRules, line: number, id: number, tag: string): boolean {
    const { file } = from;
    const known = this.#declared.get(id);
    if (known !== undefined) {
      if (known.tag === tag) return true;
      if (!from.refused.has(id))
        this.problems.add(
          'error',
          file,
          line,
          `id ${id} is ${known.tag} at ${known.file}:${known.line}, so ${tag} and its rules are not used; give it an id of its own`,
        );
      // In its own file the id keeps its meaning; in another one nothing tells which of the two a rule means.
      if (known.file !== file) from.refused.add(id);
      return false;
    }
    const other = this.#tags.get(tag);
    if (other !== undefined)
      this.problems.add('warning', file, line, `${tag} has the id ${other}, too`);
    else this.#tags.set(tag, id);
    this.#declared.set(id, { tag, file, line });
    return true;
  }

  /** Later files override earlier ones. */
  rename(id: number, place: Place, name: string): void {
    this.#names.set(id, { ...place, name });
  }

  categorise(id: number, place: Place, word: string): void {
    this.#categoryOf.set(id, { ...place, word });
  }

  /** False when the collection is full. */
  add(from: FileRules, rule: Rule): boolean {
    if (this.#rules >= mostRules) {
      this.problems.add('error', rule.file, rule.line, `more than ${mostRules} rules; not used`);
      return false;
    }
    this.#rules += 1;
    from.rules.push(rule);
    return true;
  }

  /** Why an expression cannot be used; undefined when it can. Each is counted. */
  expressionProblem(source: string, replacement: string): string | undefined {
    if (this.#expressions >= mostExpressions) return `more than ${mostExpressions} expressions`;
    try {
      new LinearRegex(source, replacement);
    } catch (error) {
      return `the expression ${(error as Error).message}`;
    }
    this.#expressions += 1;
    return undefined;
  }

  /** Every application by id, with its name and its category. Reports what refers to nothing. */
  applications(): Application[] {
    const unknown = (what: string, records: ReadonlyMap<number, Place>) => {
      for (const [id, { file, line }] of records)
        if (!this.#declared.has(id)) this.problems.add('error', file, line, undeclared(what, id));
    };
    unknown('name', this.#names);
    unknown('category', this.#categoryOf);
    return [...this.#declared]
      .map(([id, { tag, file, line }]) => ({
        id,
        tag,
        name: this.#names.get(id)?.name ?? tag.slice(tag.lastIndexOf('.') + 1),
        category: this.#categoryWord(id),
        file,
        line,
      }))
      .sort((a, b) => a.id - b.id);
  }

  #categoryWord(id: number): string {
    const of = this.#categoryOf.get(id);
    if (of === undefined) return unclassified;
    if (this.categories.has(of.word)) return of.word;
    this.problems.add('error', of.file, of.line, noCategory(of.word));
    return unclassified;
  }

  /** The rules of a file whose application exists. The others are problems. */
  resolved({ file, rules, refused }: FileRules): Rule[] {
    let last = -1; // rules of one application follow each other: most need no look-up
    return rules.filter(({ application, line }) => {
      if (application === last) return true;
      if (refused.has(application)) return false; // reported where it was refused
      if (!this.#declared.has(application)) {
        this.problems.add('error', file, line, undeclared('rule', application));
        return false;
      }
      last = application;
      return true;
    });
  }
}

export const unclassified = 'unclassified';

export const noCategory = (word: string) =>
  `there is no category ${JSON.stringify(word)}; \`dipper list categories\` names them, category:WORD:DESCRIPTION adds one`;

const undeclared = (what: string, id: number) =>
  `no file declares the application ${id} of this ${what}; add app:${id}:TAG`;

/** The number that `text` has from `start` to `end`, when it can be an id. */
export function applicationId(text: string, start = 0, end = text.length): number | undefined {
  if (end - start > 10) return undefined;
  let id = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    id = id * 10 + digit;
  }
  return id >= 1 && id <= largestId ? id : undefined;
}

/** Tags become words of messages: printable ASCII without blanks and quotes. */
export const isTag = (text: string) => /^[A-Za-z0-9][\w.+-]{0,79}$/.test(text);
