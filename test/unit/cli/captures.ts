// Captures that a test writes itself: as many UDP flows as wanted, byte by byte.
const header = (() => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(65535, 16);
  bytes.writeUInt32LE(1, 20); // Ethernet
  return bytes;
})();

const record = (frame: Buffer, ms: number) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(Math.floor(ms / 1000), 0);
  bytes.writeUInt32LE((ms % 1000) * 1000, 4);
  bytes.writeUInt32LE(frame.length, 8);
  bytes.writeUInt32LE(frame.length, 12);
  return Buffer.concat([bytes, frame]);
};

const udp = (source: number, from: number, to: number, payload: Buffer) => {
  const frame = Buffer.alloc(42);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00]);
  frame[14] = 0x45;
  frame.writeUInt16BE(28 + payload.length, 16);
  frame[22] = 64;
  frame[23] = 17;
  frame.writeUInt32BE(source, 26);
  frame.set([192, 0, 2, 53], 30);
  frame.writeUInt16BE(from, 34);
  frame.writeUInt16BE(to, 36);
  frame.writeUInt16BE(8 + payload.length, 38);
  return Buffer.concat([frame, payload]);
};

/** A query for the A record of `name`. */
function query(id: number, name: string): Buffer {
  const labels = name
    .split('.')
    .flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

const start = 1_700_000_000_000;

/** `count` DNS queries, each from its own address: as many flows of one packet. */
export function dnsCapture(count: number): Buffer {
  const records = Array.from({ length: count }, (_, i) =>
    record(udp(0x0a000001 + i, 40000, 53, query(i & 0xffff, `host${i}.example.net`)), start + i),
  );
  return Buffer.concat([header, ...records]);
}

/** One DNS flow, one flow of four bytes that mean nothing, and one ARP frame. */
export function mixedCapture(): Buffer {
  const arp = Buffer.alloc(60);
  arp.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x08, 0x06]);
  return Buffer.concat([
    header,
    record(udp(0x0a000001, 40000, 53, query(1, 'www.example.net')), start),
    record(udp(0x0a000001, 41000, 42000, Buffer.from([0, 1, 2, 3])), start + 10),
    record(arp, start + 20),
  ]);
}
