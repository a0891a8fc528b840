// Two configurations -> what has to be done to get from one to the other, as data. Nothing is done here, and nobody
// else decides what restarts: the schema says it for each key (`x-apply`, `x-step`).
import type { TSchema } from 'typebox';
import { type ListenerConfig, listenerName, listenersOf } from './listeners.js';
import { type Config, type InterfaceConfig, interfaceSection, sections } from './schema/index.js';
import { type Annotations, type StepKind, stepKinds } from './schema/values.js';
import { itemOf } from './store.js';
import { valueText } from './text.js';

/** A key, a listener or an interface that is not as it was. Texts as in the file; secrets are masked. */
export interface Difference {
  /** `dipperd.update_interval`, `listener tcp:127.0.0.1:7150`, `capture-interface-eth0`. */
  readonly key: string;
  /** Empty when it was not there. */
  readonly from: string;
  readonly to: string;
}

export interface Change<T> {
  readonly from: T;
  readonly to: T;
}

interface Delta<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly changed: readonly Change<T>[];
}

/**
 * What one part of the daemon has to do, with the keys that say so. For interfaces, `keys` also names the capture
 * defaults that changed: they are in every interface of `changed` already, and hold for detected ones.
 */
export type Step =
  | ({ readonly kind: 'listeners'; readonly keys: readonly string[] } & Delta<ListenerConfig>)
  | ({ readonly kind: 'interfaces'; readonly keys: readonly string[] } & Delta<InterfaceConfig>)
  | {
      readonly kind: Exclude<StepKind, 'listeners' | 'interfaces'>;
      readonly keys: readonly string[];
    };

export interface Plan {
  /** At most one of each kind. */
  readonly steps: readonly Step[];
  /** Keys whose new value holds from the next start on. */
  readonly restart: readonly string[];
  /** Keys, listeners and interfaces that are as they were. */
  readonly unchanged: number;
  readonly differences: readonly Difference[];
}

interface Leaf {
  readonly value: unknown;
  readonly text: string;
  readonly apply: StepKind | 'restart';
  /** Of an interface: the text of each key. */
  readonly parts?: ReadonlyMap<string, string>;
}

export function plan(from: Config, to: Config): Plan {
  const before = leaves(from);
  const after = leaves(to);
  const differences: Difference[] = [];
  const keys = new Map<StepKind | 'restart', string[]>();
  let unchanged = 0;
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, young] = [before.get(key), after.get(key)];
    if (same(old?.value, young?.value)) {
      unchanged++;
      continue;
    }
    const { apply } = (young ?? old) as Leaf;
    keys.set(apply, [...(keys.get(apply) ?? []), key]);
    differences.push({ key, from: textBeside(old, young), to: textBeside(young, old) });
  }
  const steps = stepKinds.flatMap((kind): Step[] => {
    const mine = keys.get(kind);
    if (mine === undefined) return [];
    if (kind === 'listeners')
      return [{ kind, keys: mine, ...delta(listenersOf(from), listenersOf(to), listenerName) }];
    if (kind === 'interfaces')
      return [{ kind, keys: mine, ...delta(from.interfaces, to.interfaces, ({ name }) => name) }];
    return [{ kind, keys: mine }];
  });
  return { steps, restart: keys.get('restart') ?? [], unchanged, differences };
}

/** `key: old -> new`, a line each; says which wait for a restart. */
export function planText({ differences, restart }: Plan): string {
  if (differences.length === 0) return 'nothing changed\n';
  const waiting = new Set(restart);
  return differences
    .map(({ key, from, to }) => {
      const note = waiting.has(key) ? ' (from the next start on)' : '';
      return `${key}: ${from === '' ? '(none)' : from} -> ${to === '' ? '(none)' : to}${note}\n`;
    })
    .join('');
}

export const masked = '********';

/** Everything that can differ, by name. Listeners and interfaces are one leaf each: their order does not count. */
function leaves(config: Config): Map<string, Leaf> {
  const all = new Map<string, Leaf>();
  for (const { name, property, keys, group } of sections) {
    const values = config[property] as Readonly<Record<string, unknown>>;
    for (const [key, schema] of Object.entries(keys as Record<string, TSchema>)) {
      all.set(`${name}.${key}`, leaf(values[key], schema));
    }
    if (group === undefined || group.property === 'listeners') continue;
    const [first] = Object.values(group.keys as Record<string, TSchema>);
    const rows = values[group.property] as readonly Readonly<Record<string, unknown>>[];
    const apply = applyOf(first as TSchema);
    // The index only says what belongs together.
    const value = rows.map(({ index: _, ...row }) => row);
    all.set(`${name}.${group.property}`, { value, text: listText(value), apply });
  }
  for (const listener of listenersOf(config)) {
    const text = listenerText(listener);
    all.set(`listener ${listenerName(listener)}`, { value: listener, text, apply: 'listeners' });
  }
  const usual = interfaceParts({ ...config.capture_defaults, ...config.capture_defaults_tpv3 });
  for (const one of config.interfaces) {
    const parts = interfaceParts(one);
    const text = partsText(parts, usual) || 'as the capture defaults';
    const name = `${interfaceSection.prefix}${one.name}`;
    all.set(name, { value: one, text, apply: 'interfaces', parts });
  }
  return all;
}

function leaf(value: unknown, schema: TSchema): Leaf {
  const item = itemOf(schema);
  const annotations = (item ?? schema) as unknown as Annotations;
  const text =
    item === undefined
      ? annotations['x-kind'] === 'secret' && value !== undefined
        ? masked
        : valueText(value, annotations)
      : ((value ?? []) as readonly unknown[]).map((one) => valueText(one, annotations)).join(', ');
  return { value, text, apply: applyOf(item ?? schema) };
}

function applyOf(schema: TSchema): StepKind | 'restart' {
  return (schema as unknown as Annotations)['x-step'] ?? 'restart';
}

const listText = (rows: readonly object[]) =>
  rows.map((row) => Object.values(row).join(' ')).join('; ');

function listenerText(listener: ListenerConfig): string {
  if (listener.type === 'unix') {
    const { framing, mode, group } = listener;
    const owner = group === undefined ? '' : `, group ${group}`;
    return `${framing}, mode ${valueText(mode, { 'x-kind': 'mode' })}${owner}`;
  }
  const { framing, tls, token, tokenFile, insecure } = listener;
  return [
    framing,
    ...(tls === undefined ? [] : [`tls ${tls.cert} ${tls.key}`]),
    ...(tls?.clientCa === undefined ? [] : [`clients of ${tls.clientCa}`]),
    ...(token === undefined ? [] : [`token ${masked}`]),
    ...(tokenFile === undefined ? [] : [`token in ${tokenFile}`]),
    ...(insecure ? ['insecure'] : []),
  ].join(', ');
}

/** The text of `one`; of an interface on both sides only what differs from `other`. */
function textBeside(one: Leaf | undefined, other: Leaf | undefined): string {
  if (one?.parts === undefined || other?.parts === undefined) return one?.text ?? '';
  return partsText(one.parts, other.parts);
}

/** `role LAN, filter tcp`: the parts that `other` does not have, or has otherwise. */
function partsText(parts: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string {
  return [...parts]
    .filter(([key, text]) => text !== '' && text !== other.get(key))
    .map(([key, text]) => `${key} ${text}`)
    .join(', ');
}

function interfaceParts(one: Partial<InterfaceConfig>): ReadonlyMap<string, string> {
  const schemas = Object.entries(interfaceSection.keys as Record<string, TSchema>);
  return new Map(
    schemas.map(([key, schema]) => [key, leaf(one[key as keyof InterfaceConfig], schema).text]),
  );
}

function delta<T>(from: readonly T[], to: readonly T[], nameOf: (one: T) => string): Delta<T> {
  const before = new Map(from.map((one) => [nameOf(one), one]));
  const after = new Map(to.map((one) => [nameOf(one), one]));
  return {
    added: to.filter((one) => !before.has(nameOf(one))),
    removed: from.filter((one) => !after.has(nameOf(one))),
    changed: to.flatMap((one) => {
      const old = before.get(nameOf(one));
      return old === undefined || same(old, one) ? [] : [{ from: old, to: one }];
    }),
  };
}

/** Deep equality of what JSON can say; the order of keys counts, and is the schema's. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
