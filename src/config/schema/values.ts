// The vocabulary of the configuration schema: one constructor for each kind of value. A property carries its words,
// default, unit, bounds, how a change is applied, and netifyd's name for it; everything else is made from that.
// `x-kind` chooses the reader of the text (../values.ts), `x-step` the part that applies a change (../plan.ts).
import { type TSchema, Type } from 'typebox';

const variable = (name: string) => `\${${name}}`;

/** The two folders as they stand in other paths. */
export const statePersistent = variable('path_state_persistent');
export const stateVolatile = variable('path_state_volatile');

/** Which part of the daemon applies a change while it runs. */
export const stepKinds = [
  'listeners',
  'interfaces',
  'engine',
  'stream',
  'enrichment',
  'privacy',
  'applications',
  'ndpi',
  'state',
  'intervals',
  'log',
] as const;
export type StepKind = (typeof stepKinds)[number];

export const valueKinds = [
  'boolean',
  'integer',
  'size',
  'seconds',
  'milliseconds',
  'port',
  'mode',
  'word',
  'words',
  'text',
  'secret',
  'path',
  'network',
  'host',
  'mac',
  'uuid',
  'name',
] as const;
export type ValueKind = (typeof valueKinds)[number];

export interface Notes {
  /** One or two sentences. */
  is: string;
  /** The part that applies a change, or `restart`. */
  apply: StepKind | 'restart';
  /** netifyd's key and the versions that have it; absent when the key is Dipper's own. */
  netifyd?: string;
  unit?: string;
  /** Other names that are read as this key. */
  aliases?: readonly string[];
  /** Words of netifyd that are read as one of ours. */
  synonyms?: Readonly<Record<string, string>>;
  /** Shown as the value in the sample where there is no default. */
  example?: string;
}

/** What every property of the schema says about itself beside JSON Schema's own words. */
export interface Annotations {
  description: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  enum?: readonly string[];
  'x-kind': ValueKind;
  'x-apply': 'live' | 'restart';
  'x-step'?: StepKind;
  'x-unit'?: string;
  'x-netifyd'?: string;
  'x-aliases'?: readonly string[];
  'x-synonyms'?: Readonly<Record<string, string>>;
  'x-example'?: string;
}

export const annotationNames = [
  'x-kind',
  'x-apply',
  'x-step',
  'x-unit',
  'x-netifyd',
  'x-aliases',
  'x-synonyms',
  'x-example',
] as const;

function annotations(kind: ValueKind, notes: Notes) {
  return {
    description: notes.is,
    'x-kind': kind,
    'x-apply': notes.apply === 'restart' ? ('restart' as const) : ('live' as const),
    ...(notes.apply === 'restart' ? {} : { 'x-step': notes.apply }),
    ...(notes.unit === undefined ? {} : { 'x-unit': notes.unit }),
    ...(notes.netifyd === undefined ? {} : { 'x-netifyd': notes.netifyd }),
    ...(notes.aliases === undefined ? {} : { 'x-aliases': notes.aliases }),
    ...(notes.synonyms === undefined ? {} : { 'x-synonyms': notes.synonyms }),
    ...(notes.example === undefined ? {} : { 'x-example': notes.example }),
  };
}

const given = <T>(value: T | undefined) => (value === undefined ? {} : { default: value });

/** yes, no, true, false, 1, 0, on, off. */
export const flag = (value: boolean, notes: Notes) =>
  Type.Boolean({ default: value, ...annotations('boolean', notes) });

type Bounds = readonly [least: number, most: number];
const number = (kind: ValueKind, value: number | undefined, [minimum, maximum]: Bounds, n: Notes) =>
  Type.Integer({ ...given(value), minimum, maximum, ...annotations(kind, n) });

export const integer = (value: number | undefined, bounds: Bounds, notes: Notes) =>
  number('integer', value, bounds, notes);

/** Bytes; K, M, G and KiB, MiB, GiB are powers of 1024. */
export const size = (value: number | undefined, bounds: Bounds, notes: Notes) =>
  number('size', value, bounds, { unit: 'bytes', ...notes });

/** A duration in seconds; `90`, `90s`, `5m`, `1h`, `1d`. */
export const seconds = (value: number, bounds: Bounds, notes: Notes) =>
  number('seconds', value, bounds, { unit: 's', ...notes });

export const milliseconds = (value: number, bounds: Bounds, notes: Notes) =>
  number('milliseconds', value, bounds, { unit: 'ms', ...notes });

/** A TCP port, by number or by its name in /etc/services; 0 is any free one. */
export const port = (value: number, notes: Notes) => number('port', value, [0, 65535], notes);

/** Permission bits of a file, written in octal. */
export const mode = (value: number, notes: Notes) => number('mode', value, [0, 0o777], notes);

/** One of a closed list of words, in any case. */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  value: Words[number] | undefined,
  notes: Notes,
) {
  return Type.Unsafe<Words[number]>({
    type: 'string',
    enum: [...words],
    ...given(value),
    ...annotations('word', notes),
  });
}

const string = (kind: ValueKind, value: string | undefined, notes: Notes, pattern?: string) =>
  Type.String({
    ...given(value),
    ...(pattern === undefined ? {} : { pattern }),
    maxLength: 4096,
    ...annotations(kind, notes),
  });

export const text = (value: string | undefined, notes: Notes) => string('text', value, notes);

/** A text that is masked wherever the configuration is shown. */
export const secret = (notes: Notes) => string('secret', undefined, notes, '^[!-~]{16,512}$');

/** An absolute path, in which the two state paths may stand as variables. */
export const path = (value: string | undefined, notes: Notes) => string('path', value, notes);

/** An address with a prefix length: `192.168.1.1/24`. */
export const network = (notes: Notes) => string('network', undefined, notes);

/** An address, a network in CIDR notation, or a host name. */
export const host = (notes: Notes) => string('host', undefined, notes);

export const mac = (notes: Notes) =>
  string('mac', undefined, notes, '^([0-9a-f]{2}:){5}[0-9a-f]{2}$');

/** The name of a user, a group or a network interface. */
export const name = (notes: Notes) => string('name', undefined, notes, '^[^/\\s]{1,64}$');

export const uuid = (notes: Notes) =>
  string('uuid', undefined, notes, '^[0-9A-Z]{2}(-[0-9A-Z]{2}){3}$');

/** Words between commas or blanks. */
export const words = (known: readonly string[], value: readonly string[], notes: Notes) =>
  Type.Array(Type.String(known.length > 0 ? { enum: [...known] } : { minLength: 1 }), {
    default: [...value],
    maxItems: 256,
    uniqueItems: true,
    ...annotations('words', notes),
  });

/** `key[0]`, `key[1]`, ...: gaps are allowed, the order is that of the indices. */
export const list = <Item extends TSchema>(item: Item, most: number) =>
  Type.Array(item, { default: [], maxItems: most });

/** The objects of the schema are closed: what is not in it is an error. */
export const closed = <Properties extends Parameters<typeof Type.Object>[0]>(
  properties: Properties,
  description?: string,
) =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
