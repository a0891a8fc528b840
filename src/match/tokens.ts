// Text of the match language -> tokens with their columns.
import { isIPv4, isIPv6 } from 'node:net';
import { DipperError } from '../errors.js';

export type Token = {
  /** Where it begins, from 1. */
  readonly column: number;
} & (
  | { readonly kind: 'name' | 'text' | 'address' | 'mac' | 'symbol'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly value: number }
  | { readonly kind: 'end'; readonly text: '' }
);

/** Longest expression, in characters. */
export const maxExpression = 8192;

export const matchError = (column: number, problem: string): DipperError =>
  new DipperError('ERR_FILTER', `filter, column ${column}: ${problem}`);

const space = /\s+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*/y;
const number = /-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.:/])/y;
const mac = /[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w.:/-])/y;
const address = /(?:\d+\.[\d.]+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:\/\d+)?(?![\w:/])/y;
const symbol = /==|!=|<=|>=|&&|\|\||[<>!(){}[\],;]/y;
const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  "'": "'",
  '"': '"',
  '\\': '\\',
};

/** Throws DipperError with the column of what is not understood. */
export function tokens(text: string): Token[] {
  if (text.length > maxExpression) {
    throw matchError(maxExpression + 1, `an expression has ${maxExpression} characters at most`);
  }
  const found: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(space)?.length ?? 0;
    const column = at + 1;
    if (at >= text.length) {
      found.push({ kind: 'end', text: '', column });
      return found;
    }
    const quote = text[at];
    if (quote === "'" || quote === '"') {
      const { value, end } = quoted(text, at, quote);
      found.push({ kind: 'text', text: value, column });
      at = end;
      continue;
    }
    const token = next(match, column);
    if (token === undefined) throw matchError(column, unexpected(text, at));
    found.push(token);
    at += token.text.length;
  }
}

function next(match: (pattern: RegExp) => string | undefined, column: number): Token | undefined {
  const hardware = match(mac);
  if (hardware !== undefined) return { kind: 'mac', text: hardware, column };
  const digits = match(number);
  if (digits !== undefined) return { kind: 'number', text: digits, value: numeric(digits), column };
  const internet = match(address);
  if (internet !== undefined) {
    if (!isAddress(internet)) throw matchError(column, `${internet} is no address or network`);
    return { kind: 'address', text: internet, column };
  }
  const word = match(name);
  if (word !== undefined) return { kind: 'name', text: word, column };
  const sign = match(symbol);
  return sign === undefined ? undefined : { kind: 'symbol', text: sign, column };
}

function numeric(digits: string): number {
  return digits.startsWith('-') ? -Number(digits.slice(1)) : Number(digits);
}

/** An IPv4 or IPv6 address, with or without `/length`. */
export function isAddress(text: string): boolean {
  const [internet = '', length, ...rest] = text.split('/');
  const bits = isIPv4(internet) ? 32 : isIPv6(internet) ? 128 : 0;
  if (bits === 0 || rest.length > 0 || internet.includes('%')) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
}

export function isMac(text: string): boolean {
  return /^[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$/.test(text);
}

function quoted(text: string, from: number, quote: string): { value: string; end: number } {
  let value = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === quote) return { value, end: at + 1 };
    if (character !== '\\') value += character;
    else {
      at += 1;
      const escaped = text[at];
      if (escaped === undefined) break;
      const meant = escapes[escaped];
      if (meant === undefined) {
        throw matchError(at, `\\${escaped} means nothing; there are \\n \\t \\' \\" \\\\`);
      }
      value += meant;
    }
  }
  throw matchError(from + 1, `the text has no end; close it with ${quote}`);
}

function unexpected(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  switch (character) {
    case '=':
      return '= compares nothing; use ==';
    case '&':
      return '& means nothing; use && or and';
    case '|':
      return '| means nothing; use || or or';
    case '~':
      return '~ means nothing; there are no patterns yet';
    default:
      return `${JSON.stringify(character)} is not part of the language`;
  }
}
