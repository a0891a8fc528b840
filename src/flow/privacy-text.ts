// Finds addresses, MACs and names wherever they stand inside a text, in whatever notation, and replaces them. Texts are
// as hostile as the packets that they come from; every pattern here takes linear time.
import { type Address, parseAddress, parseMac } from './address-text.js';

/** What stands for something, or undefined to leave it. */
export interface Substitutes {
  /** `exact`: the text is a number that may be something else; only an address that is named itself counts. */
  address(address: Address, exact: boolean): string | undefined;
  /** 12 hexadecimal digits. */
  mac(digits: string): string | undefined;
  /** Lower-case, without a final dot; undefined when no names are to be replaced at all. */
  readonly name: ((name: string) => string | undefined) | undefined;
}

/** Nothing but letters, or too short: by far most texts. */
const suspicious = /[0-9a-f][.:-]+[0-9a-f]|::|\d{8}|[0-9a-f]{12}|0x[0-9a-f]{7}/i;
const encoded = /%(?:3a|2e|2d|5b|5d)/gi;

/** `text` with everything replaced for which `substitutes` has something; the same text when there is nothing. */
export function substitute(text: string, substitutes: Substitutes): string {
  if (!encoded.test(text)) return substitutePlain(text, substitutes);
  encoded.lastIndex = 0;
  const decoded = text.replaceAll(encoded, (part) => decodeURIComponent(part));
  const result = substitutePlain(decoded, substitutes);
  return result === decoded ? text : result;
}

function substitutePlain(text: string, substitutes: Substitutes): string {
  let result = text;
  if (suspicious.test(text))
    result = outsideOf6(text, substitutes, (piece) => {
      let rest = macs(piece, substitutes);
      rest = nibbles(rest, substitutes);
      rest = quads(rest, substitutes);
      rest = dashed6(rest, substitutes);
      return numbers(rest, substitutes);
    });
  const { name } = substitutes;
  if (name === undefined) return result;
  const whole = name(result.toLowerCase());
  return (
    whole ??
    result.replaceAll(
      /[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?/giu,
      (word) => name(word.toLowerCase()) ?? word,
    )
  );
}

type Found = { readonly start: number; readonly end: number; readonly text: string };

/** Every match of `pattern`, where a match that is left alone may overlap the next one. */
function each(
  text: string,
  pattern: RegExp,
  judge: (match: RegExpExecArray) => Found | string | undefined,
): string {
  let result = '';
  let from = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const verdict = judge(match);
    if (verdict === undefined) {
      pattern.lastIndex = match.index + 1;
      continue;
    }
    const found =
      typeof verdict === 'string'
        ? { start: match.index, end: match.index + match[0].length, text: verdict }
        : verdict;
    result += text.slice(from, found.start) + found.text;
    from = found.end;
    pattern.lastIndex = Math.max(from, match.index + 1);
  }
  return from === 0 && result === '' ? text : result + text.slice(from);
}

/** IPv6 first, and what is one is not looked at again: a MAC may seem to stand inside. */
function outsideOf6(
  text: string,
  substitutes: Substitutes,
  inner: (piece: string) => string,
): string {
  const run = /(?<![0-9a-f:])[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*/gi;
  let result = '';
  let from = 0;
  for (const match of text.matchAll(run)) {
    const found = address6(match[0]);
    if (found === undefined) continue;
    const start = match.index + found.offset;
    result += inner(text.slice(from, start));
    result += substitutes.address(found.address, false) ?? found.text;
    from = start + found.text.length;
  }
  return result + inner(text.slice(from));
}

/** The IPv6 address in a run of its characters: punctuation may stand behind it, and a word's end with a colon before. */
function address6(run: string): { address: Address; offset: number; text: string } | undefined {
  for (let offset = 0, tries = 0; offset >= 0 && tries < 4; tries += 1) {
    for (let end = run.length; end > offset + 1; end -= 1) {
      const text = run.slice(offset, end);
      const address = text.includes(':') ? parseAddress(text) : undefined;
      if (address !== undefined) return { address, offset, text };
      if (!/[.:]$/.test(text)) break;
    }
    const colon = run.indexOf(':', offset);
    offset = colon < 0 ? -1 : colon + 1;
  }
  return undefined;
}

function macs(text: string, substitutes: Substitutes): string {
  const judge = (match: RegExpExecArray) => {
    const digits = parseMac(match[0]);
    return digits === undefined ? undefined : substitutes.mac(digits);
  };
  const notations = [
    /(?<![0-9a-f])[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?![0-9a-f])/gi,
    /(?<![0-9a-f])[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}(?![0-9a-f])/gi,
    /(?<![0-9a-f])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-f])/gi,
    /(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/gi,
  ];
  return notations.reduce((rest, notation) => each(rest, notation, judge), text);
}

/** 10.0.0.1, 010.000.000.001 (decimal or octal), 10-0-0-1 in names of providers, 1.0.0.10.in-addr.arpa. */
function quads(text: string, substitutes: Substitutes): string {
  const quad = /(?<!\d)(\d{1,4})([.\-_])(\d{1,4})\2(\d{1,4})\2(\d{1,4})(?!\d)/g;
  return each(text, quad, (match) => {
    const parts = [match[1], match[3], match[4], match[5]].map(String);
    const end = match.index + match[0].length;
    const reverse = /^\.in-addr\.arpa/i.test(text.slice(end, end + 13));
    if (reverse) parts.reverse();
    for (const base of parts.some((part) => /^0\d/.test(part)) ? [10, 8] : [10]) {
      const values = parts.map((part) => Number.parseInt(part, /^0\d/.test(part) ? base : 10));
      if (values.some((value) => !(value <= 255))) continue;
      const stand = substitutes.address(Uint8Array.from(values), false);
      if (stand !== undefined) return reverse ? stand.split('.').reverse().join('.') : stand;
    }
    return undefined;
  });
}

/** 32 digits with dots between, as under ip6.arpa. */
function nibbles(text: string, substitutes: Substitutes): string {
  return each(text, /(?<![0-9a-f.])[0-9a-f](?:\.[0-9a-f]){31}(?![0-9a-f])/gi, (match) => {
    const digits = match[0].replaceAll('.', '');
    const stand = substitutes.address(Buffer.from([...digits].reverse().join(''), 'hex'), false);
    const bytes = stand === undefined ? undefined : parseAddress(stand);
    if (bytes === undefined) return undefined;
    return [...Buffer.from(bytes).toString('hex')].reverse().join('.');
  });
}

/** 2001-db8--1, as in names of ipv6-literal.net. */
function dashed6(text: string, substitutes: Substitutes): string {
  return each(text, /(?<![0-9a-f-])[0-9a-f]*-[0-9a-f-]*-[0-9a-f]*(?![0-9a-f-])/gi, (match) => {
    const address = parseAddress(match[0].replaceAll('-', ':'));
    const stand = address && substitutes.address(address, false);
    return stand?.replaceAll(':', '-') ?? (match[0].length > 0 ? skip(match) : undefined);
  });
}

/** The match as it is: the next one begins behind it. */
const skip = (match: RegExpExecArray) => match[0];

/** 3221225985 and 0xC0000201, which URLs may have for 192.0.2.1. */
function numbers(text: string, substitutes: Substitutes): string {
  return each(text, /(?<![0-9a-z.])(?:\d{8,10}|0x[0-9a-f]{7,8})(?![0-9a-z])/gi, (match) => {
    const value = Number(match[0]);
    if (value > 0xffffffff) return skip(match);
    const bytes = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
    return substitutes.address(bytes, true) ?? skip(match);
  });
}
