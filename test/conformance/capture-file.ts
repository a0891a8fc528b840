// An independent reader of pcap and pcapng, small and slow, for checking and for making captures: what the
// engine counts is compared with what this finds. It knows nothing of the engine.
import { readFileSync } from 'node:fs';

export interface Frame {
  timestampUs: number;
  linkType: number;
  wireLength: number;
  bytes: Buffer;
}

export function readCapture(path: string): Frame[] {
  const file = readFileSync(path);
  if (file.length < 4) return [];
  return file.readUInt32BE(0) === 0x0a0d0d0a ? readPcapng(file) : readPcap(file);
}

type Read32 = (offset: number) => number;

function read32(file: Buffer, little: boolean): Read32 {
  return (offset) => (little ? file.readUInt32LE(offset) : file.readUInt32BE(offset));
}

function readPcap(file: Buffer): Frame[] {
  const magic = file.readUInt32BE(0);
  const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
  const nanoseconds = magic === 0x4d3cb2a1 || magic === 0xa1b23c4d;
  if (!little && magic !== 0xa1b2c3d4 && !nanoseconds) throw new Error('not a pcap file');
  const u32 = read32(file, little);
  const linkType = u32(20) & 0xffff;
  const version = [4, 6].map((at) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at)));
  const frames: Frame[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const lengths: [number, number] = [u32(at + 8), u32(at + 12)];
    // Before version 2.3 the two lengths were in the other order, in 2.3 they may be (libpcap's rule).
    const swapped =
      version[0] === 2 && ((version[1] ?? 0) < 3 || (version[1] === 3 && lengths[0] > lengths[1]));
    const [captured, wireLength] = swapped ? [lengths[1], lengths[0]] : lengths;
    if (at + 16 + captured > file.length) break;
    const fraction = u32(at + 4);
    frames.push({
      timestampUs: u32(at) * 1e6 + (nanoseconds ? Math.floor(fraction / 1000) : fraction),
      linkType,
      wireLength,
      bytes: file.subarray(at + 16, at + 16 + captured),
    });
    at += 16 + captured;
  }
  return frames;
}

interface PcapngInterface {
  linkType: number;
  snapLength: number;
  unitsPerSecond: number;
}

function readPcapng(file: Buffer): Frame[] {
  const frames: Frame[] = [];
  let little = true;
  let interfaces: PcapngInterface[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const isSection = file.readUInt32BE(at) === 0x0a0d0d0a;
    if (isSection) {
      little = file.readUInt32BE(at + 8) === 0x4d3c2b1a;
      interfaces = [];
    }
    const u32 = read32(file, little);
    const type = u32(at);
    const length = u32(at + 4);
    if (length < 12 || at + length > file.length) break;
    if (!isSection && type === 1) interfaces.push(readInterface(file, little, at, length));
    const frame = isSection ? null : readPacketBlock(file, u32, little, type, at, interfaces);
    if (frame) frames.push(frame);
    at += length;
  }
  return frames;
}

function readInterface(file: Buffer, little: boolean, at: number, length: number): PcapngInterface {
  const u16 = (offset: number): number =>
    little ? file.readUInt16LE(offset) : file.readUInt16BE(offset);
  let unitsPerSecond = 1e6;
  for (let option = at + 16; option + 4 <= at + length - 4; ) {
    const code = u16(option);
    const size = u16(option + 2);
    if (code === 0) break;
    if (code === 9 && size >= 1) {
      const resolution = file.readUInt8(option + 4);
      unitsPerSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
    }
    option += 4 + ((size + 3) & ~3);
  }
  return { linkType: u16(at + 8), snapLength: read32(file, little)(at + 12), unitsPerSecond };
}

function readPacketBlock(
  file: Buffer,
  u32: Read32,
  little: boolean,
  type: number,
  at: number,
  interfaces: PcapngInterface[],
): Frame | null {
  if (type === 3) {
    const first = interfaces[0];
    if (!first) return null;
    const wireLength = u32(at + 8);
    const snap = first.snapLength === 0 ? wireLength : first.snapLength;
    const captured = Math.min(wireLength, snap, u32(at + 4) - 16);
    const bytes = file.subarray(at + 12, at + 12 + captured);
    return { timestampUs: 0, linkType: first.linkType, wireLength, bytes };
  }
  if (type !== 6 && type !== 2) return null;
  // The obsolete packet block (2) has a 16-bit interface number and a drop count where 6 has 32 bits.
  const narrow = little ? file.readUInt16LE(at + 8) : file.readUInt16BE(at + 8);
  const from = interfaces[type === 6 ? u32(at + 8) : narrow];
  if (!from) return null;
  const captured = u32(at + 20);
  const ticks = u32(at + 12) * 2 ** 32 + u32(at + 16);
  return {
    timestampUs: Math.floor((ticks / from.unitsPerSecond) * 1e6),
    linkType: from.linkType,
    wireLength: u32(at + 24),
    bytes: file.subarray(at + 28, at + 28 + captured),
  };
}
