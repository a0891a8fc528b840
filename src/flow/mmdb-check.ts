// Whether a file is a whole MaxMind DB (specification 2.0) that a lookup can walk without harm: every record of the search
// tree points into the tree or to the start of a value, every value lies within the data section, and none is of an absurd
// size. A lookup afterwards needs no bounds of its own but the one on pointers (GeoDatabase). The work is done in slices:
// a database of cities has ten million records and takes some tenths of a second.
import type { Reader, Response } from 'mmdb-lib';

/** Maps and arrays that a record may be nested in. */
const deepest = 16;
/** Members of one map or array. */
const mostMembers = 1024;
/** Bytes of one value with all that is in it; those of cities take some hundred. */
const longestValue = 64 << 10;
/** Zeros between the tree and the data. */
const separator = 16;
/** Nodes, or bytes of data, that are looked at in one go: some milliseconds. */
const slice = 1 << 16;

const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');

/** Types of values (specification, "Data Field Format"). */
const extended = 0;
const pointer = 1;
const map = 7;
const array = 11;
const boolean = 14;
/** Bytes of a value by its type: least and most; types without a row are not in a database. */
const sizes: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, longestValue], // text
  3: [8, 8], // double
  4: [0, longestValue], // bytes
  5: [0, 2],
  6: [0, 4],
  8: [0, 4],
  9: [0, 8],
  10: [0, 16],
  [boolean]: [0, 1],
  15: [4, 4], // float
};

const damaged = (what: string) => new Error(`is damaged: ${what}`);

/** What has to hold before anything of the file is decoded. Throws what is wrong. */
export function checkMetadata(file: Buffer): void {
  const end = file.lastIndexOf(marker);
  if (end < 0) throw new Error('is no MaxMind DB file, or its end is missing');
  const metadata = new Values(file, end + marker.length, file.length);
  while (metadata.walk(slice));
}

/** Throws what is wrong. `pause` is called between slices. */
export async function checkDatabase(
  file: Buffer,
  { nodeCount, nodeByteSize, searchTreeSize, ipVersion }: Reader<Response>['metadata'],
  pause: () => Promise<unknown>,
): Promise<void> {
  const end = file.lastIndexOf(marker);
  const data = searchTreeSize + separator;
  if (!Number.isInteger(nodeCount) || nodeCount < 1 || (ipVersion !== 4 && ipVersion !== 6))
    throw damaged('the metadata make no sense');
  if (data > end) throw damaged('the search tree is longer than the file');
  if (file.subarray(searchTreeSize, data).some((byte) => byte !== 0))
    throw damaged('the search tree does not end where it should');
  const values = new Values(file, data, end);
  while (values.walk(slice)) await pause();
  for (let node = 0; node < nodeCount; node += 1) {
    if (node % slice === slice - 1) await pause();
    for (const record of records(file, node * nodeByteSize, nodeByteSize * 4)) {
      // Offsets of data begin with the separator.
      if (record > nodeCount && !values.startsAt(data + record - nodeCount - separator))
        throw damaged(`record ${record} of node ${node} points to nothing`);
    }
  }
}

function records(file: Buffer, at: number, bits: number): [left: number, right: number] {
  if (bits === 24) return [file.readUIntBE(at, 3), file.readUIntBE(at + 3, 3)];
  if (bits === 32) return [file.readUInt32BE(at), file.readUInt32BE(at + 4)];
  const middle = file[at + 3] ?? 0;
  const left = (middle >> 4) * 2 ** 24 + file.readUIntBE(at, 3);
  return [left, (middle & 15) * 2 ** 24 + file.readUIntBE(at + 4, 3)];
}

/** A section of values, one after the other from its first byte to its last; looked at twice, because pointers lead anywhere. */
class Values {
  readonly #file: Buffer;
  readonly #start: number;
  readonly #end: number;
  #at: number;
  /** A bit for each byte: a value begins there. */
  readonly #starts: Uint8Array;
  #arePointersChecked = false;

  constructor(file: Buffer, start: number, end: number) {
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.#at = start;
    this.#starts = new Uint8Array(((end - start) >> 3) + 1);
  }

  startsAt(offset: number): boolean {
    const place = offset - this.#start;
    if (place < 0 || offset >= this.#end) return false;
    return (((this.#starts[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
  }

  /** Looks at the values in the next `bytes`. False: that was the last one. Throws what is wrong. */
  walk(bytes: number): boolean {
    const stop = Math.min(this.#at + bytes, this.#end);
    while (this.#at < stop) {
      const from = this.#at;
      this.#value(0);
      if (this.#at - from > longestValue) throw damaged(`the value at ${from} is too long`);
    }
    if (this.#at < this.#end) return true;
    if (this.#arePointersChecked) return false;
    this.#arePointersChecked = true;
    this.#at = this.#start;
    return true;
  }

  #value(depth: number): void {
    if (depth > deepest) throw damaged(`the value at ${this.#at} is nested too deeply`);
    const from = this.#at;
    const control = this.#byte();
    const place = from - this.#start;
    this.#starts[place >> 3] = (this.#starts[place >> 3] ?? 0) | (1 << (place & 7));
    let type = control >> 5;
    if (type === pointer) {
      this.#pointer(control);
      return;
    }
    if (type === extended) type = this.#byte() + 7;
    const size = this.#size(control & 31);
    if (type === map || type === array) {
      if (size > mostMembers) throw damaged(`the value at ${from} has ${size} members`);
      for (let i = 0; i < (type === map ? 2 * size : size); i += 1) this.#value(depth + 1);
      return;
    }
    const [least, most] = sizes[type] ?? [1, 0];
    if (size < least || size > most)
      throw damaged(`the value at ${from} has type ${type}, size ${size}`);
    if (type !== boolean) this.#skip(size);
  }

  #size(coded: number): number {
    if (coded < 29) return coded;
    if (coded === 29) return 29 + this.#byte();
    if (coded === 30) return 285 + this.#number(2);
    return 65_821 + this.#number(3);
  }

  #pointer(control: number): void {
    const bytes = (control >> 3) & 3;
    const high = control & 7;
    const base = [0, 2048, 526_336, 0][bytes] ?? 0;
    const low = this.#number(bytes + 1);
    const target = bytes === 3 ? low : high * 256 ** (bytes + 1) + low + base;
    if (this.#arePointersChecked && !this.startsAt(this.#start + target))
      throw damaged(`a pointer leads to ${target}, where nothing is`);
  }

  #byte(): number {
    return this.#number(1);
  }

  #number(bytes: number): number {
    const at = this.#at;
    this.#skip(bytes);
    return this.#file.readUIntBE(at, bytes);
  }

  #skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#end) throw damaged('the data end within a value');
  }
}
