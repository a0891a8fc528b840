// Gives the client of a frame another address and repairs what depends on it: the IPv4 header checksum and the
// TCP, UDP or ICMPv6 checksum, both by difference (RFC 1624 equation 3), so that a packet with a wrong
// checksum keeps a wrong one and a cut packet needs no more than its head.

/** Where the addresses and checksums of a frame are; null when there is no IP in it. */
export interface FrameLayout {
  version: 4 | 6;
  source: number;
  destination: number;
  /** Offset of the L4 checksum, 0 when there is none to repair. */
  checksum: number;
  udp: boolean;
  /** Five-tuple as text: `proto source port destination port`, ports 0 but for TCP and UDP. */
  sender: string;
  receiver: string;
  protocol: number;
  syn: boolean;
}

const tags = new Set([0x8100, 0x88a8, 0x9100]);

/** Reads an Ethernet frame's outermost IP header. */
export function layOut(frame: Buffer): FrameLayout | null {
  let at = 12;
  while (at + 6 <= frame.length && tags.has(frame.readUInt16BE(at))) at += 4;
  if (at + 2 > frame.length) return null;
  let type = frame.readUInt16BE(at);
  let ip = at + 2;
  if (type === 0x8864 && ip + 8 <= frame.length) {
    type = frame.readUInt16BE(ip + 6) === 0x21 ? 0x0800 : 0x86dd;
    ip += 8;
  }
  if (type === 0x0800 && ip + 20 <= frame.length) return layOutV4(frame, ip);
  if (type === 0x86dd && ip + 40 <= frame.length) return layOutV6(frame, ip);
  return null;
}

function layOutV4(frame: Buffer, ip: number): FrameLayout | null {
  const header = (frame.readUInt8(ip) & 0x0f) * 4;
  if (frame.readUInt8(ip) >> 4 !== 4 || header < 20) return null;
  const laterFragment = (frame.readUInt16BE(ip + 6) & 0x1fff) !== 0;
  const l4 = laterFragment ? frame.length : ip + header;
  return ends(frame, 4, ip + 12, ip + 16, frame.readUInt8(ip + 9), l4);
}

function layOutV6(frame: Buffer, ip: number): FrameLayout | null {
  if (frame.readUInt8(ip) >> 4 !== 6) return null;
  return ends(frame, 6, ip + 8, ip + 24, frame.readUInt8(ip + 6), ip + 40);
}

function ends(
  frame: Buffer,
  version: 4 | 6,
  source: number,
  destination: number,
  protocol: number,
  l4: number,
): FrameLayout {
  const size = version === 4 ? 4 : 16;
  const address = (at: number): string => frame.toString('hex', at, at + size);
  const hasPorts = (protocol === 6 || protocol === 17) && l4 + 4 <= frame.length;
  const port = (at: number): number => (hasPorts ? frame.readUInt16BE(at) : 0);
  const place = checksumPlaces.get(protocol) ?? 0;
  const covered =
    place !== 0 && (version === 6 || protocol !== 58) && l4 + place + 2 <= frame.length;
  return {
    version,
    source,
    destination,
    checksum: covered ? l4 + place : 0,
    udp: protocol === 17,
    sender: `${address(source)} ${port(l4)}`,
    receiver: `${address(destination)} ${port(l4 + 2)}`,
    protocol,
    syn: protocol === 6 && l4 + 14 <= frame.length && (frame.readUInt8(l4 + 13) & 0x12) === 0x02,
  };
}

/** Checksums that cover the pseudo-header, by IP protocol: offset in the L4 header. */
const checksumPlaces = new Map([
  [6, 16],
  [17, 6],
  [58, 2],
]);

/**
 * Writes `word` over the last 32 bits of the address at `field` of a frame that starts at `start` in `out`.
 * `field` is the layout's source or destination.
 */
export function rewriteAddress(
  out: Buffer,
  start: number,
  layout: FrameLayout,
  field: number,
  word: number,
): void {
  const at = start + field + (layout.version === 4 ? 0 : 12);
  const before = out.readUInt32BE(at);
  out.writeUInt32BE(word, at);
  if (layout.version === 4) repair(out, start + layout.source - 2, before, word);
  if (layout.checksum === 0) return;
  const checksum = start + layout.checksum;
  // In UDP over IPv4, zero says that there is no checksum.
  if (layout.udp && out.readUInt16BE(checksum) === 0) return;
  repair(out, checksum, before, word);
  if (layout.udp && out.readUInt16BE(checksum) === 0) out.writeUInt16BE(0xffff, checksum);
}

function repair(out: Buffer, at: number, before: number, after: number): void {
  let sum = (~out.readUInt16BE(at) & 0xffff) + (~(before >>> 16) & 0xffff) + (~before & 0xffff);
  sum += (after >>> 16) + (after & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  out.writeUInt16BE(~sum & 0xffff, at);
}
