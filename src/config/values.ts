// The text of a value -> the value, by its kind. What can be told from the text alone is told here (not a number, an
// unknown unit, no address); bounds, words and patterns are checked later from the schema.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ValueKind } from './schema/values.js';

export type Read = { readonly value: unknown } | { readonly problem: string };

const truth: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  1: true,
  no: false,
  false: false,
  off: false,
  0: false,
};

const value = (of: unknown): Read => ({ value: of });
const problem = (text: string): Read => ({ problem: text });

const readers: Readonly<Record<ValueKind, (text: string) => Read>> = {
  boolean: (text) => {
    const word = text.toLowerCase();
    return Object.hasOwn(truth, word) ? value(truth[word]) : problem('write yes or no');
  },
  integer: readInteger,
  size: readSize,
  seconds: (text) => readDuration(text, 1000, 's'),
  milliseconds: (text) => readDuration(text, 1, 'ms'),
  port: (text) => {
    if (/^\d/.test(text)) return readInteger(text);
    const number = services().get(text.toLowerCase());
    return number === undefined
      ? problem('write a port number, or a TCP service name of /etc/services')
      : value(number);
  },
  mode: (text) =>
    /^[0-7]{3,4}$/.test(text)
      ? value(Number.parseInt(text, 8))
      : problem('write permission bits in octal, such as 0660'),
  word: value,
  words: (text) => value(text.split(/[\s,]+/).filter((word) => word !== '')),
  text: value,
  secret: value,
  path: (text) =>
    /^(\/|\$\{)/.test(text) ? value(text) : problem('write the whole path, from / on'),
  network: readNetwork,
  host: readHost,
  mac: (text) => value(text.toLowerCase().replaceAll('-', ':')),
  uuid: (text) => value(text.toUpperCase()),
  name: value,
};

/** Reads `text` as a value of that kind. */
export function readValue(kind: ValueKind, text: string): Read {
  return readers[kind](text.trim());
}

function readInteger(text: string): Read {
  return /^-?\d{1,15}$/.test(text) ? value(Number(text)) : problem('write a whole number');
}

const binary: Readonly<Record<string, number>> = { '': 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

function readSize(text: string): Read {
  const match = /^(\d{1,12})\s*(?:([kmg])(?:ib)?|b|bytes)?$/i.exec(text);
  if (match === null)
    return problem('write bytes, or with K, M, G or KiB, MiB, GiB (powers of 1024), such as 4M');
  return value(Number(match[1]) * (binary[(match[2] ?? '').toLowerCase()] as number));
}

const durations: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A number in the key's own unit, or with one of `durations`. */
function readDuration(text: string, unitMs: number, unit: string): Read {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text);
  const suffix = match?.[2]?.toLowerCase() ?? '';
  if (match === null || (suffix !== '' && !Object.hasOwn(durations, suffix)))
    return problem(`write a number of ${unit}, or with a unit: ms, s, m, h, d`);
  const ms = Number(match[1]) * (suffix === '' ? unitMs : (durations[suffix] as number));
  const whole = Math.round(ms / unitMs);
  // 0.29 s are 290.00000000000006 ms before rounding.
  return Math.abs(whole * unitMs - ms) < 1e-3 ? value(whole) : problem(`write whole ${unit}`);
}

function readNetwork(text: string): Read {
  const slash = text.lastIndexOf('/');
  const version = isIP(slash < 0 ? text : text.slice(0, slash));
  if (version === 0 || text.includes('%'))
    return problem('write an address with its prefix length, such as 192.168.1.1/24');
  const most = version === 4 ? 32 : 128;
  if (slash < 0) return problem(`the prefix length is missing: ${text}/1 to ${text}/${most}`);
  const length = text.slice(slash + 1);
  return /^\d{1,3}$/.test(length) && Number(length) >= 1 && Number(length) <= most
    ? value(`${text.slice(0, slash).toLowerCase()}/${Number(length)}`)
    : problem(`the prefix length is from 1 to ${most}`);
}

function readHost(text: string): Read {
  if (text.includes('/')) return readNetwork(text);
  if (isIP(text) !== 0 || /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(text)) {
    return value(text.toLowerCase());
  }
  return problem('write an address, a network such as 192.0.2.0/24, or a host name');
}

let known: ReadonlyMap<string, number> | undefined;

/** TCP services by name and alias; empty on a machine without /etc/services. */
function services(): ReadonlyMap<string, number> {
  if (known !== undefined) return known;
  const table = new Map<string, number>();
  let text = '';
  try {
    text = readFileSync('/etc/services', 'latin1');
  } catch {
    // Ports are numbers there.
  }
  for (const line of text.split('\n')) {
    const [name, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const match = /^(\d+)\/tcp$/.exec(port ?? '');
    if (name === undefined || match === null) continue;
    for (const alias of [name, ...aliases]) table.set(alias.toLowerCase(), Number(match[1]));
  }
  known = table;
  return table;
}
