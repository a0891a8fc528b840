// Addresses and networks as numbers, to be compared.
import { isIPv4, isIPv6 } from 'node:net';

/** Words of 32 bits: one for IPv4 (also when mapped into IPv6), four for IPv6. */
export type Address = readonly number[];

export interface Network {
  readonly words: Address;
  readonly masks: readonly number[];
}

/** `undefined` for what is no address. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return [ipv4(text)];
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const words = ipv6(text);
  const mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return mapped ? words.slice(3) : words;
}

/** An address or `address/length`; `undefined` for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [internet = '', length] = text.split('/');
  const words = parseAddress(internet);
  if (words === undefined) return undefined;
  const whole = isIPv4(internet) ? 32 : 128;
  // A prefix of a mapped address counts from the start of the IPv6 address.
  const shift = whole - 32 * words.length;
  const bits = Math.max(0, (length === undefined ? whole : Number(length)) - shift);
  const masks = words.map((_, index) => mask(bits - 32 * index));
  return { words: words.map((word, index) => (word & (masks[index] ?? 0)) >>> 0), masks };
}

export function contains({ words, masks }: Network, address: Address): boolean {
  if (address.length !== words.length) return false;
  for (let index = 0; index < words.length; index += 1) {
    if (((address[index] as number) & (masks[index] as number)) >>> 0 !== words[index])
      return false;
  }
  return true;
}

function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

function ipv4(text: string): number {
  let word = 0;
  for (const part of text.split('.')) word = word * 256 + Number(part);
  return word;
}

function ipv6(text: string): number[] {
  const dotted = text.lastIndexOf('.') < 0 ? undefined : text.slice(text.lastIndexOf(':') + 1);
  let colons = text;
  if (dotted !== undefined) {
    const word = ipv4(dotted);
    const low = `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
    colons = text.slice(0, -dotted.length) + low;
  }
  const [left = '', right] = colons.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((g) => parseInt(g, 16)));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  const all = [...head, ...zeros, ...tail];
  return [0, 2, 4, 6].map((i) => (((all[i] ?? 0) << 16) | (all[i + 1] ?? 0)) >>> 0);
}
