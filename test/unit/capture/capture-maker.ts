// Capture files for tests of the engine: many small UDP flows, so that records by far outweigh what queues hold.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-test-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const frameLength = 14 + 20 + 8 + 10;

/** A pcap file of `flows` UDP flows of one packet, a thousand a second. Returns its path. */
export function manyFlows(folder: string, flows: number): string {
  const record = 16 + frameLength;
  const bytes = Buffer.alloc(24 + flows * record);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(65535, 16);
  bytes.writeUInt32LE(1, 20);
  for (let i = 0; i < flows; i++) {
    const at = 24 + i * record;
    bytes.writeUInt32LE(1_700_000_000 + Math.floor(i / 1000), at);
    bytes.writeUInt32LE((i % 1000) * 1000, at + 4);
    bytes.writeUInt32LE(frameLength, at + 8);
    bytes.writeUInt32LE(frameLength, at + 12);
    bytes.writeUInt16BE(0x0800, at + 28);
    const ip = at + 30;
    bytes[ip] = 0x45;
    bytes.writeUInt16BE(20 + 8 + 10, ip + 2);
    bytes[ip + 8] = 64;
    bytes[ip + 9] = 17;
    bytes.writeUInt32BE(0x0a000000 + (i % 60000), ip + 12); // from 10.0.0.0 on
    bytes.writeUInt32BE(0x5db8d822, ip + 16); // to 93.184.216.34
    bytes.writeUInt16BE(1024 + Math.floor(i / 60000), ip + 20);
    bytes.writeUInt16BE(40000, ip + 22);
    bytes.writeUInt16BE(8 + 10, ip + 24);
  }
  const path = join(folder, `flows-${flows}.pcap`);
  writeFileSync(path, bytes);
  return path;
}

/** A golden capture by its name. */
export function golden(name: string): string {
  return new URL(`../../../../test/golden/${name}`, import.meta.url).pathname;
}
