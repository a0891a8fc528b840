// `capture_unknown_flows`: the first packets of flows that stay unknown, one capture file each, within a budget: the
// oldest files make room. The data plane hands packets over in lines of its own, which are never published.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import type { StateDirectory } from './directory.js';
import { type CapturedPacket, pcapFile, pcapHeaderBytes } from './pcap-file.js';
import type { WriteFailures } from './write-failures.js';

export interface UnknownCaptureOptions {
  readonly directory: StateDirectory;
  /** Bytes that all files together may take. */
  readonly bytes: number;
  /** Files (default 1000). */
  readonly files?: number;
  readonly failures: WriteFailures;
  readonly log: Log;
}

/** Captures that wait for the disk; more are dropped and counted. */
const mostWaiting = 64;
const mostWaitingBytes = 8 * 1024 * 1024;
/** Flows whose digests begin alike, or one flow that came back. */
const mostAlike = 99;
const namePattern = /^nd-flow-[0-9a-f]{8}(-\d{1,2})?\.cap$/;

export class UnknownCaptures {
  #options: UnknownCaptureOptions;
  /** Bytes by name, oldest first. */
  readonly #files = new Map<string, number>();
  #bytes = 0;
  #waiting = 0;
  #waitingBytes = 0;
  #written: Promise<void> = Promise.resolve();
  readonly #counters = { written: 0, dropped: 0, refused: 0, removed: 0 };

  private constructor(options: UnknownCaptureOptions) {
    this.#options = options;
  }

  /** Takes stock of what earlier runs have left, and removes what is over the budget. */
  static async open(options: UnknownCaptureOptions): Promise<UnknownCaptures> {
    const captures = new UnknownCaptures(options);
    await captures.#takeStock();
    return captures;
  }

  get files(): number {
    return this.#files.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Since the start: written, dropped (disk too slow, or too large for the budget), refused (not such a line), removed. */
  get counters(): Readonly<{ written: number; dropped: number; refused: number; removed: number }> {
    return this.#counters;
  }

  /** Other bounds from now on. */
  reconfigure(bytes: number, files?: number): void {
    this.#options = { ...this.#options, bytes, ...(files === undefined ? {} : { files }) };
    this.#written = this.#written.then(() => this.#makeRoom(0, 0));
  }

  /** One line `{"type":"unknown_packets",...}`. Returns at once. */
  add(line: Buffer): void {
    const flow = parse(line);
    if (flow === undefined) {
      this.#counters.refused += 1;
      return;
    }
    const content = pcapFile(flow.linkType, flow.packets);
    const full =
      this.#waiting >= mostWaiting || this.#waitingBytes + content.length > mostWaitingBytes;
    if (full || content.length > this.#options.bytes) {
      this.#counters.dropped += 1;
      return;
    }
    this.#waiting += 1;
    this.#waitingBytes += content.length;
    this.#written = this.#written.then(async () => {
      await this.#write(flow.digest.slice(0, 8), content);
      this.#waiting -= 1;
      this.#waitingBytes -= content.length;
    });
  }

  /** Resolves when all that was added is written. */
  settled(): Promise<void> {
    return this.#written;
  }

  async #write(start: string, content: Buffer): Promise<void> {
    const { directory, failures } = this.#options;
    const folder = join(directory.path, 'nd-flow-*.cap');
    try {
      await this.#makeRoom(content.length, 1);
      const name = this.#freeName(start);
      if (name === undefined) {
        this.#counters.dropped += 1;
        return;
      }
      // Not worth an fsync each: what a power failure leaves empty is removed at the next start.
      await directory.write(name, content, { durable: false });
      this.#files.set(name, content.length);
      this.#bytes += content.length;
      this.#counters.written += 1;
      failures.succeeded(folder);
    } catch (error) {
      this.#counters.dropped += 1;
      failures.failed(folder, error);
    }
  }

  #freeName(start: string): string | undefined {
    for (let n = 1; n <= mostAlike; n += 1) {
      const name = `nd-flow-${start}${n === 1 ? '' : `-${n}`}.cap`;
      if (!this.#files.has(name)) return name;
    }
    return undefined;
  }

  async #makeRoom(bytes: number, files: number): Promise<void> {
    const { directory, bytes: budget, files: most = 1000 } = this.#options;
    for (const [name, size] of this.#files) {
      if (this.#bytes + bytes <= budget && this.#files.size + files <= most) return;
      await directory.remove(name);
      this.#files.delete(name);
      this.#bytes -= size;
      this.#counters.removed += 1;
    }
  }

  async #takeStock(): Promise<void> {
    const { directory, log } = this.#options;
    const found: { name: string; size: number; at: number }[] = [];
    for (const name of await directory.list()) {
      if (!namePattern.test(name)) continue;
      const about = await stat(join(directory.path, name));
      if (about.size < pcapHeaderBytes) await directory.remove(name);
      else found.push({ name, size: about.size, at: about.mtimeMs });
    }
    for (const { name, size } of found.sort((a, b) => a.at - b.at)) {
      this.#files.set(name, size);
      this.#bytes += size;
    }
    await this.#makeRoom(0, 0);
    log.debug({ files: this.files, bytes: this.bytes }, 'captures of unknown flows');
  }
}

/** `{"type":"unknown_packets","digest":HEX,"link_type":N,"packets":[[NS text, wire length, base64], ...]}` */
function parse(
  line: Buffer,
): { digest: string; linkType: number; packets: CapturedPacket[] } | undefined {
  try {
    const { digest, link_type, packets } = JSON.parse(line.toString()) as {
      digest: unknown;
      link_type: unknown;
      packets: [unknown, unknown, unknown][];
    };
    if (typeof digest !== 'string' || !/^[0-9a-f]{40}$/.test(digest)) return undefined;
    if (!Number.isInteger(link_type) || !inRange(link_type, 0xffff)) return undefined;
    const rows = packets.map(([time, length, base64]) => {
      if (!/^\d{1,20}$/.test(String(time)) || !inRange(length, 0xffffffff))
        throw new Error('not a packet');
      const bytes = Buffer.from(String(base64), 'base64');
      return { time: BigInt(String(time)), length: length as number, bytes };
    });
    return { digest, linkType: link_type as number, packets: rows };
  } catch {
    return undefined; // counted by the caller
  }
}

function inRange(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
