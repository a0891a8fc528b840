// A network as rules keep it: IPv4 dotted, IPv6 in full, the bits behind its length zero.
import { isIPv4 } from 'node:net';
import { formatAddress, masked, parsePrefix } from '../capture/prefix.js';

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
  if (isIPv4(address)) {
    const length = slash < 0 ? '32' : text.slice(slash + 1);
    if (!/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
    return ipv4(address, Number(length));
  }
  const prefix = parsePrefix(text);
  if (prefix === undefined) return undefined;
  const first = masked(prefix);
  return {
    address: formatAddress(first),
    bits: prefix.bits,
    cut: first.some((byte, i) => byte !== prefix.address[i]),
  };
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
