// What is wrong in the files that libndpi loads, line by line: the library (4.2) leaves most of it out without a word. Found
// before it reads them, and never more strictly: an `error` is what it refuses, or would not survive.
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { DipperError } from '../errors.js';
import type { NdpiFiles } from './engine-options.js';

export interface NdpiFileProblem {
  readonly file: string;
  /** From 1; 0 when it concerns the whole file. */
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

type Say = (severity: NdpiFileProblem['severity'], message: string) => void;

/** `seen`: what stood in earlier lines, and where. */
type Check = (line: string, say: Say, seen: (key: string) => void) => void;

/** So many of a file are told, then their number: another kind of file has one in each line. */
const mostOfAFile = 100;

/** Of all files, in their order. One that cannot be read is left to libndpi's own message. */
export function ndpiFileProblems(files: NdpiFiles): NdpiFileProblem[] {
  return Object.entries(files).flatMap(([kind, file]) => {
    const check = Object.hasOwn(checks, kind) ? checks[kind] : undefined;
    if (check === undefined || typeof file !== 'string') return [];
    let text: string;
    try {
      // One character a byte: the library knows no other, and offsets are its own.
      text = readFileSync(file, 'latin1');
    } catch {
      return [];
    }
    return problemsOf(file, text, check, kind);
  });
}

/** Throws ERR_NDPI_FILE with a line for each error. Only files of protocols have any: the others may be large. */
export function refuseNdpiFiles({ protocols }: NdpiFiles): void {
  if (protocols === undefined) return;
  const errors = ndpiFileProblems({ protocols }).filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new DipperError('ERR_NDPI_FILE', errors.map(ndpiProblemText).join('\n'));
}

/** `FILE:LINE: what, why, what to do`. */
export const ndpiProblemText = ({ file, line, message }: NdpiFileProblem): string =>
  line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`;

function problemsOf(file: string, text: string, check: Check, kind: string): NdpiFileProblem[] {
  const problems: NdpiFileProblem[] = [];
  const places = new Map<string, number>();
  let count = 0;
  const lines = text.split('\n');
  for (const [at, content] of lines.entries()) {
    const line = at + 1;
    const say: Say = (severity, message) => {
      count += 1;
      if (count <= mostOfAFile) problems.push({ file, line, severity, message });
    };
    if (content === '' || content.startsWith('#')) continue;
    if (line === lines.length) {
      if (kind === 'protocols' || kind === 'categories')
        say('warning', `${lastLine[kind]}; end it with a line feed`);
      if (kind === 'protocols') continue;
    }
    if (content.endsWith('\r'))
      say('warning', 'ends with a carriage return, which libndpi takes for a part of it');
    check(content.replace(/\r$/, ''), say, (key) => {
      const before = places.get(key);
      if (before === undefined) places.set(key, line);
      else if (before !== line) say('warning', `${key} is on line ${before} already`);
    });
  }
  if (count > mostOfAFile)
    problems.push({
      ...{ file, line: 0, severity: 'warning' },
      message: `${count - mostOfAFile} more problems are not listed`,
    });
  return problems;
}

const lastLine = {
  protocols: 'libndpi leaves out a last line without a line feed',
  categories: 'libndpi cuts the last character off a last line without a line feed',
} as const;

/** `tcp:80,udp:81-90,host:"x",ip:192.0.2.0/24:80@Name`, masks and issuers. */
function checkProtocols(line: string, say: Say, seen: (key: string) => void): void {
  const at = line.lastIndexOf('@');
  if (at < 0) {
    checkMask(line, say);
    return;
  }
  if (at + 1 === line.length)
    say('warning', 'names no protocol and is left out; write @NAME behind the rules');
  for (const rule of line.slice(0, at).split(',')) {
    const problem = ruleProblem(rule);
    if (problem === undefined) seen(rule);
    else say(problem.startsWith('crashes') ? 'error' : 'warning', `${quoted(rule)} ${problem}`);
  }
}

function ruleProblem(rule: string): string | undefined {
  const [, kind, value = ''] = /^(tcp|udp|ip|host):(.*)$/s.exec(rule) ?? [];
  switch (kind) {
    case 'tcp':
    case 'udp':
      return isPortRange(value) ? undefined : `is no port or range of ports; write ${kind}:80-90`;
    case 'ip':
      if (value.includes('::') || value.split(':').length > 2)
        return 'is no IPv4 address, and libndpi has no IPv6 here';
      return isNetwork(value.replace(/:\d{1,5}$/, ''))
        ? undefined
        : 'is no IPv4 address or network; write ip:192.0.2.0/24 or ip:192.0.2.1:443';
    case 'host':
      if (value === '' || value === '"') return 'crashes libndpi; write host:"example.org"';
      return value === '""' ? 'has no name and matches nothing' : undefined;
    default:
      return 'is no rule and is left out; rules begin with tcp:, udp:, ip: or host:, without a space';
  }
}

function checkMask(line: string, say: Say): void {
  const colon = line.indexOf(':');
  const word = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1);
  if (word === 'trusted_issuer_dn') {
    if (value.replaceAll('"', '') === '') say('warning', 'names no issuer');
    return;
  }
  const [, key = '', mask = ''] = /^([^=]+)=+([^=]+)/.exec(value) ?? [];
  if ((word !== 'ip_risk_mask' && word !== 'host_risk_mask') || mask === '') {
    say('error', `libndpi knows no such rule: ${quoted(line)}; write RULE,RULE@NAME`);
    return;
  }
  if (word === 'ip_risk_mask' && !isNetwork(key))
    say('warning', `${quoted(key)} is no IPv4 address or network`);
  if (!/^\d+$/.test(mask)) say('warning', `${quoted(mask)} is no number; libndpi takes 0`);
}

/** libndpi's buffer. */
const longestCategoryLine = 511;

/** A name, address or network, a tab, the number of a category. */
function checkCategories(line: string, say: Say, seen: (key: string) => void): void {
  if (line.length >= longestCategoryLine)
    say('warning', `libndpi takes what is behind ${longestCategoryLine} bytes for another line`);
  const [name, number] = line.split('\t').filter((word) => word !== '');
  if (name === undefined || number === undefined) {
    say('warning', 'is left out; write a name or a network, a tab and the number of a category');
    return;
  }
  if (!/^\d{1,4}$/.test(number))
    say(
      'warning',
      `${quoted(number)} is no number of a category: see dipperd --dump-category protocol`,
    );
  if (/^[\d./]+$/.test(name) && !isNetwork(name))
    say('warning', `${quoted(name)} is no IPv4 address or network`);
  else if (/^[\da-f]*:[\da-f:./]*$/i.test(name))
    say('warning', `${quoted(name)}: libndpi has no IPv6 here`);
  else seen(name);
}

const checks: Readonly<Record<string, Check>> = {
  protocols: checkProtocols,
  categories: checkCategories,
  riskyDomains(line, say, seen) {
    if (/\s/.test(line)) say('warning', `${quoted(line)} is no domain; write one a line`);
    else seen(line);
  },
  ja3(line, say, seen) {
    const [hash = ''] = line.split(',');
    if (/^[\da-f]{32}$/i.test(hash)) seen(hash);
    else say('warning', `${quoted(hash)} is no JA3, 32 hexadecimal digits, and is left out`);
  },
  certificates(line, say, seen) {
    const columns = line.split(',');
    const hash = columns[1] ?? columns[0] ?? '';
    if (/^[\da-f]{40}$/i.test(hash)) seen(hash);
    else say('warning', `${quoted(hash)} is no SHA-1, 40 hexadecimal digits, and is left out`);
  },
};

function isPortRange(text: string): boolean {
  const [, low, high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return low !== undefined && Number(low) <= Number(high) && Number(high) <= 65_535;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const isBits = bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) <= 32);
  return isIPv4(address) && isBits && more.length === 0;
}

/** For people and terminals: short, without control characters. */
const quoted = (text: string): string =>
  `"${text.slice(0, 60).replaceAll(/[\p{Cc}"]/gu, '?')}${text.length > 60 ? '…' : ''}"`;
