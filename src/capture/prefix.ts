// Addresses and prefixes of both versions as bytes: read from text, masked, compared, written. Pure.
import { isIPv4, isIPv6 } from 'node:net';

export interface Prefix {
  readonly ipVersion: 4 | 6;
  /** 4 or 16 bytes, network order; not masked. */
  readonly address: Uint8Array;
  /** Length in bits. */
  readonly bits: number;
}

/** The bytes of an address, or undefined. Zone identifiers (`%eth0`) are refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const dotted = text.match(/^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/);
  const groups = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : text;
  const [head = '', tail] = groups.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((w) => parseInt(w, 16)));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 255]));
}

/** `192.0.2.1/24`, `2001:db8::/32`; without a length the address alone. Undefined when it is neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, before = '', length] = text.match(/^([^/]*)(?:\/(\d{1,3}))?$/) ?? [];
  const address = parseAddress(before);
  if (address === undefined) return undefined;
  const whole = address.length * 8;
  const bits = length === undefined ? whole : Number(length);
  return bits <= whole ? { ipVersion: whole === 32 ? 4 : 6, address, bits } : undefined;
}

/** The first address of the prefix: all bits behind its length zero (or `ones`: the last one). */
export function masked({ address, bits }: Prefix, ones = false): Uint8Array {
  return address.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - i * 8));
    const host = 255 >> kept;
    return ones ? byte | host : byte & ~host;
  });
}

export function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.ipVersion !== inner.ipVersion || inner.bits < outer.bits) return false;
  return sameBytes(masked(outer), masked({ ...inner, bits: outer.bits }));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** IPv6 in full, without `::`: for machines. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2)
    words.push((((address[i] ?? 0) << 8) | (address[i + 1] ?? 0)).toString(16));
  return words.join(':');
}
