// Text of the match language -> expression, by recursive descent. docs/reference/match.md has the grammar.
import type { Expression, Operator, Value } from './expression.js';
import { type Field, fieldOf } from './fields.js';
import { isAddress, isMac, matchError, type Token, tokens } from './tokens.js';

/** Parentheses and `not` inside each other. */
export const maxDepth = 64;
/** Comparisons in an expression. */
export const maxTerms = 1024;
export const maxSet = 1024;

const operators: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const reserved: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'true', 'false']);

/** Throws DipperError with the column and what was expected there. */
export function parseExpression(text: string): Expression {
  return new Parser(tokens(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #terms = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  whole(): Expression {
    const expression = this.#or();
    this.#take(';');
    if (this.#now.kind !== 'end') throw this.#expected('`and`, `or` or the end');
    return expression;
  }

  get #now(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #is(...texts: string[]): boolean {
    const { kind, text } = this.#now;
    return (kind === 'symbol' || kind === 'name') && texts.includes(text);
  }

  #take(...texts: string[]): boolean {
    const is = this.#is(...texts);
    if (is) this.#at += 1;
    return is;
  }

  #expected(what: string): Error {
    const { kind, text, column } = this.#now;
    const found = kind === 'end' ? 'the expression ends' : `there is ${JSON.stringify(text)}`;
    return matchError(column, `expected ${what}, but ${found}`);
  }

  #or(): Expression {
    return this.#chain('or', '||', () => this.#and());
  }

  #and(): Expression {
    return this.#chain('and', '&&', () => this.#not());
  }

  #chain(op: 'or' | 'and', sign: string, operand: () => Expression): Expression {
    const first = operand();
    const items = [first];
    while (this.#take(op, sign)) items.push(operand());
    return items.length === 1 ? first : { op, items };
  }

  #not(): Expression {
    if (this.#is('not', '!')) {
      return this.#nested(() => ({ op: 'not', item: this.#not() }));
    }
    if (!this.#is('(')) return this.#term();
    return this.#nested(() => {
      const expression = this.#or();
      if (!this.#take(')')) throw this.#expected('`)`');
      return expression;
    });
  }

  #nested(inside: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw matchError(this.#now.column, `more than ${maxDepth} levels`);
    this.#at += 1;
    const expression = inside();
    this.#depth -= 1;
    return expression;
  }

  #term(): Expression {
    this.#terms += 1;
    const { kind, text: name, column } = this.#now;
    if (this.#terms > maxTerms) throw matchError(column, `more than ${maxTerms} comparisons`);
    if (kind !== 'name' || reserved.has(name)) throw this.#expected('the name of a field');
    const field = fieldOf(name, column);
    this.#at += 1;

    const operator = this.#now.kind === 'symbol' ? this.#now.text : '';
    if (operators.has(operator)) {
      this.#at += 1;
      const at = this.#now.column;
      const value = this.#value(field, name);
      if (/[<>]/.test(operator) && value.kind !== 'number') {
        throw matchError(at, `${operator} needs a number`);
      }
      return { op: 'compare', field: name, operator: operator as Operator, value };
    }
    if (this.#is('not') && this.#tokens[this.#at + 1]?.text === 'in') {
      this.#at += 1;
      return { op: 'not', item: this.#set(field, name) };
    }
    return this.#is('in') ? this.#set(field, name) : { op: 'present', field: name };
  }

  #set(field: Field, name: string): Expression {
    this.#at += 1;
    const close = this.#is('{') ? '}' : ']';
    if (!this.#take('{', '[')) throw this.#expected('`{`');
    const values = [this.#value(field, name)];
    while (this.#take(',')) {
      if (values.length >= maxSet) {
        throw matchError(this.#now.column, `more than ${maxSet} values in a set`);
      }
      values.push(this.#value(field, name));
    }
    if (!this.#take(close)) throw this.#expected(`\`,\` or \`${close}\``);
    return { op: 'in', field: name, values };
  }

  /** The value at hand, if `field` can have it. */
  #value(field: Field, name: string): Value {
    const token = this.#now;
    const value = literal(token);
    if (value === undefined) {
      const quote = token.kind === 'name' ? `; if it is text, quote it: '${token.text}'` : '';
      const error = this.#expected('a value');
      error.message += quote;
      throw error;
    }
    const meant = suit(field, value);
    if (meant === undefined) {
      throw matchError(token.column, `${name} is ${wanted[field.kind](field)}, not ${token.text}`);
    }
    this.#at += 1;
    return meant;
  }
}

function literal(token: Token): Value | undefined {
  switch (token.kind) {
    case 'number':
      return { kind: 'number', value: token.value };
    case 'text':
    case 'address':
    case 'mac':
      return { kind: token.kind, value: token.text };
    case 'name':
      if (token.text === 'true' || token.text === 'false') {
        return { kind: 'boolean', value: token.text === 'true' };
      }
      return reserved.has(token.text) ? undefined : { kind: 'word', value: token.text };
    case 'symbol':
    case 'end':
      return undefined;
  }
}

/** `value` as `field` understands it: addresses may stand in quotes, flags may be 0 and 1. */
function suit(field: Field, value: Value): Value | undefined {
  switch (field.kind) {
    case 'number':
      return value.kind === 'number' ? value : undefined;
    case 'text':
      return value.kind === 'text' ? value : undefined;
    case 'named':
      return value.kind === 'text' || value.kind === 'number' ? value : undefined;
    case 'flag':
      if (value.kind === 'number' && (value.value === 0 || value.value === 1)) {
        return { kind: 'boolean', value: value.value === 1 };
      }
      return value.kind === 'boolean' ? value : undefined;
    case 'address':
      if (value.kind === 'text' && isAddress(value.value)) return { ...value, kind: 'address' };
      return value.kind === 'address' ? value : undefined;
    case 'mac':
      if (value.kind === 'text' && isMac(value.value)) return { ...value, kind: 'mac' };
      return value.kind === 'mac' ? value : undefined;
    case 'constant':
      if (value.kind === 'text') return value;
      return value.kind === 'word' && field.constants?.has(value.value) ? value : undefined;
  }
}

const wanted: Readonly<Record<Field['kind'], (field: Field) => string>> = {
  number: () => 'a number',
  text: () => "text, in quotes: 'text'",
  named: () => 'a name in quotes or a number',
  flag: () => 'true or false',
  address: () => 'an address or a network such as 192.0.2.0/24',
  mac: () => 'a MAC such as 02:00:00:00:00:01',
  constant: ({ constants }) => `one of ${[...(constants?.keys() ?? [])].join(', ')}`,
};
