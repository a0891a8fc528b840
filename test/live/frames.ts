// Frames and capture files that the live tests send: UDP between many pairs of hosts, in both directions.
import { writeFileSync } from 'node:fs';

export interface FrameOptions {
  version?: 4 | 6;
  /** Outermost first: [tag protocol, VLAN]. */
  tags?: readonly (readonly [protocol: number, vlan: number])[];
  /** Port of the client. */
  port?: number;
  payload?: number;
}

/** One UDP frame of pair number `pair`, from its client (10.0.x.y, 2001:db8::x:y) or back from its server. */
export function udpFrame(pair: number, back: boolean, options: FrameOptions = {}): Buffer {
  const { version = 4, tags = [], port = 40_000, payload = 10 } = options;
  const client = version === 4 ? Buffer.alloc(4) : Buffer.alloc(16);
  const server = Buffer.from(client);
  if (version === 4) {
    client.writeUInt32BE(0x0a000001 + pair);
    server.writeUInt32BE(0xc6120001 + (pair % 251)); // 198.18.0.1 on
  } else {
    client.writeUInt32BE(0x20010db8);
    client.writeUInt32BE(1 + pair, 12);
    server.writeUInt32BE(0x20010db8);
    server.writeUInt32BE(0xffff, 4);
    server.writeUInt32BE(1 + (pair % 251), 12);
  }
  const udp = Buffer.alloc(8 + payload);
  udp.writeUInt16BE(back ? 50_000 : port, 0);
  udp.writeUInt16BE(back ? port : 50_000, 2);
  udp.writeUInt16BE(udp.length, 4);
  const ip = version === 4 ? Buffer.alloc(20) : Buffer.alloc(40);
  if (version === 4) {
    ip[0] = 0x45;
    ip.writeUInt16BE(20 + udp.length, 2);
    ip[8] = 64;
    ip[9] = 17;
    (back ? server : client).copy(ip, 12);
    (back ? client : server).copy(ip, 16);
  } else {
    ip[0] = 0x60;
    ip.writeUInt16BE(udp.length, 4);
    ip[6] = 17;
    ip[7] = 64;
    (back ? server : client).copy(ip, 8);
    (back ? client : server).copy(ip, 24);
  }
  const head = Buffer.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
  const rest = tags.flatMap(([protocol, vlan]) => [
    protocol >> 8,
    protocol & 255,
    vlan >> 8,
    vlan & 255,
  ]);
  const type = version === 4 ? [0x08, 0x00] : [0x86, 0xdd];
  const frame = Buffer.concat([head, Buffer.from([...rest, ...type]), ip, udp]);
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}

/** A pcap file (microseconds, Ethernet) of these frames, `gapUs` apart. */
export function writePcap(path: string, frames: readonly Buffer[], gapUs = 10): string {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(1, 20);
  const parts: Buffer[] = [head];
  for (const [i, frame] of frames.entries()) {
    const record = Buffer.alloc(16);
    const us = i * gapUs;
    record.writeUInt32LE(1_700_000_000 + Math.floor(us / 1e6), 0);
    record.writeUInt32LE(us % 1e6, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    parts.push(record, frame);
  }
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
