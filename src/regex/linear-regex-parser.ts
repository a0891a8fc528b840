// Regular expressions for LinearRegex: POSIX extended and the plain part of JavaScript's, read into a program for a
// machine whose time is linear in the text. What would need backtracking (back-references, lookaround) is refused.

/** A set of code points. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

export type Instruction =
  | { readonly op: 'set'; readonly set: CharacterSet }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly what: 'start' | 'end' | 'word' | 'inside' }
  | { readonly op: 'match' };

type Node =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'word' | 'inside' }
  | { readonly kind: 'group'; readonly body: Node; readonly slot?: number }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    };

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Groups with a number, the whole match not counted. */
  readonly groups: number;
}

const longestPattern = 512; // characters
const largestProgram = 500; // instructions: half a million steps over a text of 1 KiB, some 20 ms
const deepest = 32; // nested groups

type Ranges = [number, number][];
const code = (character: string) => character.codePointAt(0) ?? 0;
const digits: Ranges = [[48, 57]];
const letters: Ranges = [
  [65, 90],
  [97, 122],
];
const wordRanges: Ranges = [...digits, ...letters, [95, 95]];
const spaces: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
];
const punctuation: Ranges = [
  [33, 47],
  [58, 64],
  [91, 96],
  [123, 126],
];
const escapes = new Map<string, CharacterSet>(
  (
    [
      ['d', digits],
      ['w', wordRanges],
      ['s', spaces],
    ] as const
  ).flatMap(([letter, ranges]) => [
    [letter, { ranges, negated: false }],
    [letter.toUpperCase(), { ranges, negated: true }],
  ]),
);
const controls = new Map([...'tnrfv'].map((letter, i) => [letter, [9, 10, 13, 12, 11][i] ?? 0]));
const posixClasses = new Map<string, Ranges>([
  ['digit', digits],
  ['alpha', letters],
  ['alnum', [...digits, ...letters]],
  ['upper', [[65, 90]]],
  ['lower', [[97, 122]]],
  ['space', spaces],
  [
    'blank',
    [
      [9, 9],
      [32, 32],
    ],
  ],
  ['punct', punctuation],
  ['xdigit', [...digits, [65, 70], [97, 102]]],
]);

class Parser {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;
  groups = 0;

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#text.length) this.#fail('has a ) without a (');
    return node;
  }

  #fail(why: string): never {
    throw new Error(`${why} (character ${this.#at + 1})`);
  }

  #choice(): Node {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#text[this.#at]; next !== undefined; next = this.#text[this.#at]) {
      if (next === '|' || next === ')') break;
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #repeated(body: Node): Node {
    const next = this.#text[this.#at];
    let bounds: [number, number] | undefined;
    if (next === '*') bounds = [0, Number.POSITIVE_INFINITY];
    else if (next === '+') bounds = [1, Number.POSITIVE_INFINITY];
    else if (next === '?') bounds = [0, 1];
    else if (next === '{') return this.#counted(body);
    if (bounds === undefined) return body;
    this.#at += 1;
    return this.#finish(body, bounds);
  }

  #counted(body: Node): Node {
    const rest = this.#text.slice(this.#at, this.#at + 12).join('');
    const match = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(rest);
    if (!match) this.#fail('has a { that begins no {least,most}; write \\{ for the character');
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] ? Number(match[3] ?? Number.POSITIVE_INFINITY) : least;
    if (most < least) this.#fail(`repeats from ${least} to ${most} times`);
    return this.#finish(body, [least, most]);
  }

  #finish(body: Node, [least, most]: [number, number]): Node {
    if (body.kind === 'assert') this.#fail('repeats something that has no characters');
    const lazy = this.#take('?');
    if (/^[*+?{]$/.test(this.#text[this.#at] ?? '')) this.#fail('repeats a repetition');
    return { kind: 'repeat', body, least, most, lazy };
  }

  #atom(): Node {
    const next = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (next === '(') return this.#group();
    if (next === '[') return { kind: 'set', set: this.#bracket() };
    if (next === '.') return { kind: 'set', set: { ranges: [[10, 10]], negated: true } };
    if (next === '^') return { kind: 'assert', what: 'start' };
    if (next === '$') return { kind: 'assert', what: 'end' };
    if (next === '\\') return this.#escape();
    if (/^[*+?]$/.test(next)) this.#fail(`has nothing before ${next} to repeat`);
    if (next === '{') this.#fail('has nothing before { to repeat');
    return this.#literal(next);
  }

  #literal(character: string): Node {
    const c = code(character);
    return { kind: 'set', set: { ranges: [[c, c]], negated: false } };
  }

  #group(): Node {
    let slot: number | undefined;
    if (this.#take('?')) {
      if (!this.#take(':')) this.#fail('has lookaround or a named group, which is not supported');
    } else {
      this.groups += 1;
      slot = this.groups;
    }
    this.#depth += 1;
    if (this.#depth > deepest) this.#fail(`has more than ${deepest} groups in one another`);
    const body = this.#choice();
    this.#depth -= 1;
    if (!this.#take(')')) this.#fail('has a ( without a )');
    return { kind: 'group', body, ...(slot === undefined ? {} : { slot }) };
  }

  #escape(): Node {
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('ends with \\');
    this.#at += 1;
    if (/[1-9k]/.test(next)) this.#fail('has a back-reference, which is not supported');
    if (next === 'b') return { kind: 'assert', what: 'word' };
    if (next === 'B') return { kind: 'assert', what: 'inside' };
    const set = escapes.get(next);
    if (set) return { kind: 'set', set };
    const control = controls.get(next);
    if (control !== undefined) return this.#literal(String.fromCodePoint(control));
    if (/[0-9a-z]/i.test(next)) this.#fail(`has \\${next}, which means nothing here`);
    return this.#literal(next);
  }

  #bracket(): CharacterSet {
    const negated = this.#take('^');
    const ranges: Ranges = [];
    for (let first = true; ; first = false) {
      const next = this.#text[this.#at];
      if (next === undefined) this.#fail('has a [ without a ]');
      if (next === ']' && !first) break;
      const start = this.#member(ranges);
      if (start === undefined) continue;
      const isRange = this.#text[this.#at] === '-' && (this.#text[this.#at + 1] ?? ']') !== ']';
      if (isRange) this.#at += 1;
      const end = isRange ? this.#member([]) : start;
      if (end === undefined || end < start) this.#fail('has a range in [] that runs backwards');
      ranges.push([start, end]);
    }
    this.#at += 1;
    return { ranges, negated };
  }

  /** One character inside []; undefined when it was a class, whose ranges are added. */
  #member(ranges: Ranges): number | undefined {
    const posix = /^\[:([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 11).join(''));
    if (posix) {
      const known = posixClasses.get(posix[1] ?? '');
      if (!known) this.#fail(`has ${posix[0]}, which is no class`);
      ranges.push(...known);
      this.#at += posix[0].length;
      return undefined;
    }
    const next = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (next !== '\\') return code(next);
    const escaped = this.#text[this.#at] ?? this.#fail('has a [ without a ]');
    this.#at += 1;
    const set = escapes.get(escaped);
    if (set?.negated) this.#fail(`has \\${escaped} inside []`);
    if (!set) return controls.get(escaped) ?? code(escaped);
    ranges.push(...(set.ranges as Ranges));
    return undefined;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

class Compiler {
  readonly instructions: Instruction[] = [];

  emit(instruction: Instruction): number {
    if (this.instructions.length >= largestProgram)
      throw new Error(`is too large: more than ${largestProgram} steps with its repetitions`);
    return this.instructions.push(instruction) - 1;
  }

  compile(node: Node): void {
    if (node.kind === 'set') this.emit({ op: 'set', set: node.set });
    else if (node.kind === 'assert') this.emit({ op: 'assert', what: node.what });
    else if (node.kind === 'sequence') for (const part of node.parts) this.compile(part);
    else if (node.kind === 'choice') this.#choice(node.parts);
    else if (node.kind === 'repeat') this.#repeat(node);
    else if (node.slot === undefined) this.compile(node.body);
    else {
      this.emit({ op: 'save', slot: 2 * node.slot });
      this.compile(node.body);
      this.emit({ op: 'save', slot: 2 * node.slot + 1 });
    }
  }

  #choice(parts: readonly Node[]): void {
    const ends: { op: 'jump'; to: number }[] = [];
    for (const part of parts.slice(0, -1)) {
      const split = { op: 'split' as const, first: 0, second: 0 };
      split.first = this.emit(split) + 1;
      this.compile(part);
      const end = { op: 'jump' as const, to: 0 };
      this.emit(end);
      ends.push(end);
      split.second = this.instructions.length;
    }
    this.compile(parts.at(-1) as Node);
    for (const end of ends) end.to = this.instructions.length;
  }

  #repeat({ body, least, most, lazy }: Node & { kind: 'repeat' }): void {
    for (let i = 0; i < least; i += 1) this.compile(body);
    const optional = most === Number.POSITIVE_INFINITY ? 1 : most - least;
    for (let i = 0; i < optional; i += 1) {
      const split = { op: 'split' as const, first: 0, second: 0 };
      const at = this.emit(split);
      this.compile(body);
      if (most === Number.POSITIVE_INFINITY) this.emit({ op: 'jump', to: at });
      const [inside, past] = [at + 1, this.instructions.length];
      [split.first, split.second] = lazy ? [past, inside] : [inside, past];
    }
  }
}

/** Throws an Error whose message says what the pattern has that it may not, and where. */
export function parseRegex(pattern: string): Program {
  if (pattern.length > longestPattern)
    throw new Error(`is longer than ${longestPattern} characters`);
  const parser = new Parser(pattern);
  const node = parser.parse();
  const compiler = new Compiler();
  compiler.emit({ op: 'save', slot: 0 });
  compiler.compile(node);
  compiler.emit({ op: 'save', slot: 1 });
  compiler.emit({ op: 'match' });
  return { instructions: compiler.instructions, groups: parser.groups };
}
