// Addresses between text and bytes: what the privacy filter compares is bytes, so that no way of writing one escapes it.
import { isIP } from 'node:net';

/** 4 or 16 bytes, network order. IPv4 inside IPv6 (::ffff:0:0/96) is 4 bytes. */
export type Address = Uint8Array;

const octets = (text: string) => text.split('.').map(Number);

/** Undefined when `text` (with or without a zone) is no address. */
export function parseAddress(text: string): Address | undefined {
  const zone = text.indexOf('%');
  const plain = zone < 0 ? text : text.slice(0, zone);
  const family = isIP(plain);
  if (family === 0) return undefined;
  if (family === 4) return Uint8Array.from(octets(plain));
  const [head = '', tail] = plain.split('::');
  const [before, after] = [groupBytes(head), tail === undefined ? [] : groupBytes(tail)];
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return unmapped(bytes);
}

/** The bytes of `a:b:1.2.3.4`. */
function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return octets(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255);
const startsWith = (bytes: Uint8Array, start: ArrayLike<number>) =>
  Array.prototype.every.call(start, (byte: number, i: number) => bytes[i] === byte);

function unmapped(bytes: Uint8Array): Address {
  return startsWith(bytes, mapped) ? bytes.slice(12) : bytes;
}

/** Addresses that one carries inside: NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380), IPv4-compatible. */
export function embedded(address: Address): Address[] {
  if (address.length !== 16) return [];
  if (startsWith(address, [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]))
    return [address.slice(12)];
  if (startsWith(address, [0x20, 0x02])) return [address.slice(2, 6)];
  if (startsWith(address, [0x20, 0x01, 0, 0]))
    return [address.slice(4, 8), address.slice(12).map((byte) => byte ^ 255)];
  if (startsWith(address, new Uint8Array(12)) && address[12] !== 0) return [address.slice(12)];
  return [];
}

/** The MAC from which an IPv6 address was made (modified EUI-64, RFC 4291 appendix A), as 12 digits. */
export function hardwareAddress(address: Address): string | undefined {
  if (address.length !== 16 || address[11] !== 0xff || address[12] !== 0xfe) return undefined;
  const [first = 0, ...rest] = address.slice(8);
  return hex(Uint8Array.of(first ^ 2, ...rest.slice(0, 2), ...rest.slice(4)));
}

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** RFC 5952 but for the longest run of zeros: the platform's URL parser knows it. */
export function formatAddress(address: Address): string {
  if (address.length === 4) return address.join('.');
  const groups = hex(address).match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

export interface Network {
  readonly base: Address;
  /** Bits. */
  readonly length: number;
}

/** `ADDRESS/LENGTH`, or an address alone. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const plain = slash < 0 ? text : text.slice(0, slash);
  const base = parseAddress(plain);
  if (base === undefined) return undefined;
  const wide = plain.includes(':') ? 128 : 32;
  const given = slash < 0 ? String(wide) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(given) || Number(given) > wide) return undefined;
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const length = Number(given) - (wide - 8 * base.length);
  return length < 0 ? undefined : { base, length };
}

export function isWithin(address: Address, { base, length }: Network): boolean {
  if (address.length !== base.length) return false;
  const whole = length >> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== base[i]) return false;
  const rest = length & 7;
  return rest === 0 || ((address[whole] ?? 0) ^ (base[whole] ?? 0)) >> (8 - rest) === 0;
}

/** 12 hexadecimal digits, lower-case, of a MAC in any notation: 0:0:5E:0:53:1, 00-00-5e-..., 0000.5e00.5301. */
export function parseMac(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (/^[0-9a-f]{12}$/.test(lower)) return lower;
  if (/^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/.test(lower)) return lower.replaceAll('.', '');
  if (!/^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(\1[0-9a-f]{1,2}){4}$/.test(lower)) return undefined;
  return lower
    .split(/[:-]/)
    .map((part) => part.padStart(2, '0'))
    .join('');
}

/** `aa:bb:cc:dd:ee:ff`. */
export const formatMac = (digits: string) => (digits.match(/../g) ?? []).join(':');
