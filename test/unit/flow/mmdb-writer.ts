// Writes MaxMind DB files for tests (specification 2.0): networks and what is known of them, in any order, nested ones too.
// Everything can be broken on purpose.
import { isIPv6 } from 'node:net';
import { type Address, parseNetwork } from '../../../src/flow/address-text.js';

export type Value =
  | string
  | number
  | boolean
  | bigint
  | Pointer
  | readonly Value[]
  | { readonly [name: string]: Value };

/** A pointer to an offset in the data section. */
export class Pointer {
  readonly target: number;
  constructor(target: number) {
    this.target = target;
  }
}

export interface DatabaseOptions {
  readonly type?: string;
  readonly ipVersion?: 4 | 6;
  readonly recordSize?: 24 | 28 | 32;
  /** Raw bytes at the start of the data section. */
  readonly prelude?: Buffer;
  /** In place of what the metadata would say. */
  readonly metadata?: Readonly<Record<string, Value>>;
}

const dataTypes = { pointer: 1, text: 2, double: 3, uint16: 5, uint32: 6, map: 7 } as const;
const extendedTypes = { uint64: 9, array: 11, boolean: 14 } as const;

function control(type: number, size: number): Buffer {
  const low = size < 29 ? size : size < 285 ? 29 : size < 65_821 ? 30 : 31;
  const more =
    low < 29
      ? []
      : low === 29
        ? [size - 29]
        : low === 30
          ? bytesOf(size - 285, 2)
          : bytesOf(size - 65_821, 3);
  return Buffer.from(type < 8 ? [(type << 5) | low, ...more] : [low, type - 7, ...more]);
}

const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) % 256);

/** One value as bytes. Whole numbers are uint32, others doubles. */
export function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(dataTypes.text, text.length), text]);
  }
  if (typeof value === 'boolean') return control(extendedTypes.boolean, Number(value));
  if (typeof value === 'bigint')
    return Buffer.concat([
      control(extendedTypes.uint64, 8),
      Buffer.from(bytesOf(Number(value), 8)),
    ]);
  if (typeof value === 'number') return encodeNumber(value);
  if (value instanceof Pointer)
    return Buffer.from([(dataTypes.pointer << 5) | (3 << 3), ...bytesOf(value.target, 4)]);
  if (Array.isArray(value))
    return Buffer.concat([control(extendedTypes.array, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([
    control(dataTypes.map, members.length),
    ...members.flatMap(([name, member]) => [encode(name), encode(member)]),
  ]);
}

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0)
    return Buffer.concat([control(dataTypes.uint32, 4), Buffer.from(bytesOf(value, 4))]);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([control(dataTypes.double, 8), bytes]);
}

type Node = [Node | Leaf | undefined, Node | Leaf | undefined];
interface Leaf {
  readonly offset: number;
}

const isNode = (one: Node | Leaf | undefined): one is Node => Array.isArray(one);
const bitOf = (address: Address, bit: number): 0 | 1 =>
  (((address[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) as 0 | 1;

function insert(root: Node, path: readonly (0 | 1)[], leaf: Leaf): void {
  let node = root;
  for (const bit of path.slice(0, -1)) {
    const child = node[bit];
    const inner: Node = isNode(child) ? child : [child, child];
    node[bit] = inner;
    node = inner;
  }
  node[path.at(-1) as 0 | 1] = leaf;
}

/** A database of these networks (`192.0.2.0/24`, `2001:db8::/32`); the narrower one counts. */
export function makeDatabase(
  networks: Readonly<Record<string, Value>>,
  { type = 'Test', ipVersion = 6, recordSize = 28, prelude, metadata = {} }: DatabaseOptions = {},
): Buffer {
  const data: Buffer[] = prelude === undefined ? [] : [prelude];
  let size = prelude?.length ?? 0;
  const root: Node = [undefined, undefined];
  const rows = Object.entries(networks).map(([text, value]) => {
    const network = parseNetwork(text);
    if (network === undefined) throw new Error(`${text} is no network`);
    // IPv4 is below ::/96 in a tree of IPv6.
    const zeros = !isIPv6(text.split('/')[0] ?? '') && ipVersion === 6 ? 96 : 0;
    const bits = Array.from({ length: network.length }, (_, i) => bitOf(network.base, i));
    return { path: [...new Array<0>(zeros).fill(0), ...bits], value };
  });
  // Wider ones first: a narrower one splits them.
  for (const { path, value } of rows.sort((one, other) => one.path.length - other.path.length)) {
    const bytes = encode(value);
    insert(root, path, { offset: size });
    data.push(bytes);
    size += bytes.length;
  }
  const nodes: Node[] = [];
  const number = new Map<Node, number>();
  const visit = (node: Node): void => {
    number.set(node, nodes.length);
    nodes.push(node);
    for (const child of node) if (isNode(child)) visit(child);
  };
  visit(root);
  const record = (child: Node | Leaf | undefined): number =>
    child === undefined
      ? nodes.length
      : isNode(child)
        ? (number.get(child) ?? 0)
        : nodes.length + 16 + child.offset;
  const tree = Buffer.concat(
    nodes.map(([left, right]) => pair(record(left), record(right), recordSize)),
  );
  return Buffer.concat([
    ...[tree, Buffer.alloc(16), ...data],
    Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'),
    encode({
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1_700_000_000n,
      database_type: type,
      description: { en: 'for tests' },
      ip_version: ipVersion,
      languages: ['en'],
      node_count: nodes.length,
      record_size: recordSize,
      ...metadata,
    }),
  ]);
}

function pair(left: number, right: number, bits: number): Buffer {
  if (bits !== 28) return Buffer.from([...bytesOf(left, bits / 8), ...bytesOf(right, bits / 8)]);
  const middle = (Math.floor(left / 2 ** 24) << 4) | Math.floor(right / 2 ** 24);
  return Buffer.from([...bytesOf(left, 3), middle, ...bytesOf(right, 3)]);
}
