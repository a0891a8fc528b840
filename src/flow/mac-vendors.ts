// Who made a device, by the prefix of its MAC: the registries of the IEEE, as scripts/mac-vendors.mjs packs them. The file
// is gzip of a line of JSON (what it is, how many prefixes of 24, 28 and 36 bits), the names sorted, one a line, an empty
// line, and for each length the prefixes in order, as differences, then the numbers of their names: all LEB128.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** The list that is part of the package. */
export const vendorsFile = fileURLToPath(
  new URL('../../../etc/dipper/mac-vendors.gz', import.meta.url),
);

interface Header {
  readonly format: number;
  readonly source: string;
  /** Of the registries: `2022-08-27`. */
  readonly date: string;
  readonly counts: readonly number[];
}

/** Bits of the prefixes, in the order of the file. */
const lengths = [24, 28, 36] as const;
/** Unpacked; ten times today's. */
const mostBytes = 16 << 20;

interface Registry {
  /** Ascending; a double holds 36 bits exactly. */
  readonly prefixes: Float64Array;
  readonly names: Uint32Array;
  /** 2 to the number of bits behind the prefix. */
  readonly unit: number;
}

export class MacVendors {
  readonly source: string;
  readonly date: string;
  readonly #names: readonly string[];
  /** The longest prefixes first. */
  readonly #registries: readonly Registry[];

  /** Reads a list. Throws what the system says, or what is wrong with the content. */
  static read(path = vendorsFile): MacVendors {
    return new MacVendors(gunzipSync(readFileSync(path), { maxOutputLength: mostBytes }));
  }

  constructor(content: Buffer) {
    const start = content.indexOf('\n') + 1;
    const end = content.indexOf('\n\n', start);
    const header = JSON.parse(content.toString('utf8', 0, start)) as Header;
    if (header.format !== 1 || start === 0 || end < 0) throw new Error('is no list of MAC vendors');
    this.source = header.source;
    this.date = header.date;
    this.#names = content.toString('utf8', start, end).split('\n');
    const numbers = new Numbers(content, end + 2);
    this.#registries = lengths
      .map((bits, i) => registry(numbers, bits, header.counts[i] ?? 0, this.#names.length))
      .reverse();
  }

  get size(): number {
    return this.#registries.reduce((sum, { prefixes }) => sum + prefixes.length, 0);
  }

  /** The holder of the longest prefix of `mac` (`aa:bb:cc:dd:ee:ff`, lower-case); undefined: nobody, or hidden. */
  of(mac: string): string | undefined {
    const number = Number.parseInt(mac.replaceAll(':', ''), 16);
    for (const { prefixes, names, unit } of this.#registries) {
      const found = find(prefixes, Math.floor(number / unit));
      if (found >= 0) return this.#names[names[found] ?? -1];
    }
    return undefined;
  }
}

function registry(numbers: Numbers, bits: number, count: number, names: number): Registry {
  if (!(count >= 0 && count <= numbers.left)) throw new Error('is cut off');
  const made = { prefixes: new Float64Array(count), names: new Uint32Array(count) };
  let prefix = 0;
  for (let i = 0; i < count; i += 1) {
    prefix += numbers.next();
    made.prefixes[i] = prefix;
  }
  for (let i = 0; i < count; i += 1) {
    const name = numbers.next();
    if (name >= names) throw new Error(`has no name ${name}`);
    made.names[i] = name;
  }
  return { ...made, unit: 2 ** (48 - bits) };
}

/** Unsigned LEB128. */
class Numbers {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  next(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || unit > 2 ** 42) throw new Error('is cut off');
      this.#at += 1;
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }
}

/** Where `wanted` is in `sorted`, else -1. */
function find(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (value === wanted) return middle;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Whether a MAC is made up by its device or by a hypervisor: the locally administered bit (IEEE 802c, clause 8.2). */
export const isLocallyAdministered = (mac: string): boolean =>
  (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
