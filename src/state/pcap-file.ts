// Classic pcap with nanoseconds (draft-ietf-opsawg-pcap): what tcpdump, Wireshark and `dipper spy` read.

export interface CapturedPacket {
  /** ns since 1970. */
  readonly time: bigint;
  /** Bytes on the wire. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

const magicNanoseconds = 0xa1b23c4d;
export const pcapHeaderBytes = 24;
export const pcapRecordBytes = 16;
const snapshotLength = 262_144;
const billion = 1_000_000_000n;

/** libpcap's DLT_RAW differs between systems; files have LINKTYPE_RAW. */
const linkTypes: Readonly<Record<number, number>> = { 12: 101, 14: 101 };

export function pcapFile(linkType: number, packets: readonly CapturedPacket[]): Buffer {
  const size = packets.reduce(
    (sum, { bytes }) => sum + pcapRecordBytes + bytes.length,
    pcapHeaderBytes,
  );
  const file = Buffer.alloc(size);
  file.writeUInt32LE(magicNanoseconds, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(snapshotLength, 16);
  file.writeUInt32LE(linkTypes[linkType] ?? linkType, 20);
  let at = pcapHeaderBytes;
  for (const { time, length, bytes } of packets) {
    file.writeUInt32LE(Number((time / billion) & 0xffffffffn), at);
    file.writeUInt32LE(Number(time % billion), at + 4);
    file.writeUInt32LE(bytes.length, at + 8);
    file.writeUInt32LE(Math.max(length, bytes.length), at + 12);
    file.set(bytes, at + pcapRecordBytes);
    at += pcapRecordBytes + bytes.length;
  }
  return file;
}
