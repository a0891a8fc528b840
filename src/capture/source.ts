// Where packets come from: the sources that an engine can be given, checked and put into the addon's words. What each
// is for and what it costs is in docs/capture.md.
import { closeSync } from 'node:fs';
import type { NativeSource } from '../addon.js';
import { DipperError } from '../errors.js';
import type { CapSource } from './cap-process.js';

/** A pcap or pcapng file, plain or gzip. */
export interface PcapFileSource {
  readonly type: 'pcap-file';
  /** `-` is standard input. */
  readonly path: string;
  /** `recorded`: each packet as long after the first as it was captured after the first (default `full`). */
  readonly pace?: 'full' | 'recorded';
  /** In libpcap's language (pcap-filter(7)); what it does not let through is counted as `filtered`. */
  readonly filter?: string;
}

/** A capture that comes through a descriptor: pcap or pcapng, plain or gzip. */
export interface StreamSource {
  readonly type: 'stream';
  /** Readable; the engine closes it, also when its constructor throws. */
  readonly descriptor: number;
  /** What messages call it (default `stream`). */
  readonly name?: string;
  readonly filter?: string;
  /** Lines that nobody takes are dropped and counted, instead of the stream being stopped (default false). */
  readonly live?: boolean;
  /** Its end is the state `needs_descriptor`, not the engine's end: another stream may follow (default false). */
  readonly resumable?: boolean;
}

/** A network interface, through Linux' packet ring. Needs CAP_NET_RAW, or a descriptor that somebody else has opened. */
export interface PacketRingSource {
  readonly type: 'packet-ring';
  readonly interface: string;
  /** In libpcap's language (pcap-filter(7)); the kernel runs it. Nothing else is captured, from the first packet on. */
  readonly filter?: string;
  /** Frames for others, too; ends with the source (default false). */
  readonly promiscuous?: boolean;
  /** An interface that does not exist yet is waited for instead of refused (default false). */
  readonly waitForInterface?: boolean;
  /** Bytes of a block, 131072 to 67108864 and whole pages (default 262144). Must hold the largest frame. */
  readonly blockBytes?: number;
  /** Blocks of the ring, 2 to 4096 (default 128); with blockBytes at most 1 GiB. */
  readonly blocks?: number;
  /** The kernel's check for the size of a frame; frames of this ring have the length that they have (default 2048). */
  readonly frameBytes?: number;
  /** Milliseconds until a block that is not full is handed over, 1 to 1000 (default 10): the delay of a quiet link. */
  readonly retireMs?: number;
  /**
   * One of several engines on this interface: `group` is the same number for all (0 to 65535, not in use for another
   * interface of this network namespace), `members` how many there are. Each gets whole pairs of addresses. Create all,
   * then start them: from the first packet on each pair stays where it is.
   */
  readonly fanout?: { readonly group: number; readonly members: number };
  /** An AF_PACKET SOCK_RAW socket with protocol 0; the engine closes it, also when its constructor throws. */
  readonly descriptor?: number;
}

export type Source = PcapFileSource | PacketRingSource | StreamSource | CapSource;

function wrong(what: string): DipperError {
  return new DipperError('ERR_OPTION_INVALID', what);
}

function whole(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw wrong(`source.${name} is ${value}; it must be a whole number from ${low} to ${high}`);
}

/** The source in the addon's words; for `cap` CapProcess has them. Throws DipperError ERR_OPTION_INVALID. */
export function nativeSource(source: Source): NativeSource {
  switch (source.type) {
    case 'pcap-file':
      return nativeFile(source);
    case 'stream':
      return nativeStream(source);
    case 'packet-ring':
      return nativePacketRing(source);
    default:
      // The addon refuses what it does not know, and says what it knows.
      return { type: String((source as { type: unknown }).type) };
  }
}

function nativeFile({ pace = 'full', ...rest }: PcapFileSource): NativeSource {
  if (pace !== 'full' && pace !== 'recorded')
    throw wrong(`source.pace is ${JSON.stringify(pace)}; it must be "full" or "recorded"`);
  return { ...rest, recordedPace: pace === 'recorded' };
}

function nativeStream({ name = 'stream', ...rest }: StreamSource): NativeSource {
  whole('descriptor', rest.descriptor, 0, 2 ** 31 - 1);
  return { ...rest, path: name };
}

function nativePacketRing(source: PacketRingSource): NativeSource {
  const { fanout, ...rest } = source;
  for (const [name, most] of [
    ['blockBytes', 64 << 20],
    ['blocks', 4096],
    ['frameBytes', 64 << 20],
    ['retireMs', 1000],
    ['descriptor', 2 ** 31 - 1],
  ] as const) {
    const value = source[name];
    if (value !== undefined) whole(name, value, 0, most);
  }
  if (fanout === undefined) return rest;
  whole('fanout.members', fanout.members, 1, 64);
  return { ...rest, fanoutGroup: whole('fanout.group', fanout.group, 0, 65535) };
}

/** Closes a descriptor that nobody has taken over; a number that is none is left. */
export function closeGiven(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The error that is on its way says what is wrong with the options.
  }
}

/** What the messages call the interface unless told otherwise. */
export function sourceName(source: Source): string {
  if (source.type === 'packet-ring' || source.type === 'cap') return source.interface;
  return source.type === 'stream' ? (source.name ?? 'stream') : source.path;
}
