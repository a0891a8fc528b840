// A network as rules keep it: IPv4 dotted, IPv6 in full, the bits behind its length zero.
import { isIPv4, isIPv6 } from 'node:net';

export interface Network {
  readonly address: string;
  readonly bits: number;
  /** Bits behind the length were set, and are not used. */
  readonly cut: boolean;
}

/** `192.0.2.0/24`, `2001:db8::/32`; without a length the address alone. Undefined when it is neither. */
export function network(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const length = slash < 0 ? '' : text.slice(slash + 1);
  if (slash >= 0 && !/^\d{1,3}$/.test(length)) return undefined;
  const whole = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  const bits = slash < 0 ? whole : Number(length);
  if (whole === 0 || bits > whole) return undefined;
  return whole === 32 ? ipv4(address, bits) : ipv6(address, bits);
}

// By arithmetic: lists of networks have tens of thousands.
function ipv4(address: string, bits: number): Network {
  let value = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const c = address.charCodeAt(at);
    if (c === 46) {
      value = value * 256 + part;
      part = 0;
    } else part = part * 10 + (c - 48);
  }
  value = value * 256 + part;
  const size = 2 ** (32 - bits);
  const first = Math.floor(value / size) * size;
  if (first === value) return { address, bits, cut: false };
  const octet = (shift: number) => Math.floor(first / 2 ** shift) % 256;
  return { address: `${octet(24)}.${octet(16)}.${octet(8)}.${octet(0)}`, bits, cut: true };
}

const colon = 58;
const dot = 46;

/** `address` has been checked: eight groups, or fewer and one `::`, or with an IPv4 address at its end. */
function ipv6(address: string, bits: number): Network {
  const groups: number[] = [];
  let gap = -1;
  let digits = 0; // read of the group, as hexadecimal
  let decimal = 0; // and as decimal, for IPv4 at the end
  let octets = -1; // the IPv4 octets before this one, once there is a dot
  let empty = true;
  for (let at = 0; at <= address.length; at++) {
    const c = at === address.length ? colon : address.charCodeAt(at);
    if (c === dot) {
      octets = octets < 0 ? decimal : octets * 256 + decimal;
      digits = decimal = 0;
    } else if (c === colon) {
      if (octets >= 0) {
        const value = octets * 256 + decimal;
        groups.push(Math.floor(value / 65536), value % 65536);
      } else if (!empty) groups.push(digits);
      else if (at > 0 && at < address.length) gap = groups.length;
      digits = decimal = 0;
      empty = true;
      continue;
    } else {
      const digit = c <= 57 ? c - 48 : (c | 32) - 87;
      digits = digits * 16 + digit;
      decimal = decimal * 10 + digit;
    }
    empty = false;
  }
  if (gap >= 0) groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  let cut = false;
  for (let i = 0; i < 8; i++) {
    const kept = Math.min(16, Math.max(0, bits - i * 16));
    const value = groups[i] ?? 0;
    const first = value & (0xffff << (16 - kept));
    if (first !== value) cut = true;
    groups[i] = first;
  }
  return { address: groups.map((group) => group.toString(16)).join(':'), bits, cut };
}
