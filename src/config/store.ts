// Settings sorted to the places of the schema. Later ones win over earlier ones (file, environment, command line);
// what has no place is a problem with the nearest right name, or a notice when netifyd has it.
import type { TSchema } from 'typebox';
import { legacyKeys, legacySection } from './legacy.js';
import { didYouMean, type Origin, originText, type Problem } from './problems.js';
import { type Group, interfaceSection, type Section, sections } from './schema/index.js';
import type { Annotations } from './schema/values.js';
import type { Setting } from './settings.js';
import { readValue } from './values.js';

/** A value with where it is from. `undefined` was set to nothing: `filter =`. */
export interface Cell {
  readonly value: unknown;
  readonly origin: Origin;
}

export type Properties = Readonly<Record<string, TSchema>>;

/** Which of the two is from the stronger source, `special` when both are from the same. */
export function stronger(special: Cell | undefined, general: Cell | undefined): Cell | undefined {
  if (special === undefined || general === undefined) return special ?? general;
  const rank = ({ origin }: Cell) => strength.indexOf(origin.kind);
  return rank(general) > rank(special) ? general : special;
}

const strength: readonly Origin['kind'][] = ['default', 'file', 'environment', 'flag'];

/** The places of one section, or of one interface. */
export class Scope {
  /** As in the file, for messages. */
  readonly name: string;
  readonly keys: Properties;
  readonly group: Group | undefined;
  readonly values = new Map<string, Cell>();
  readonly lists = new Map<string, Map<number, Cell>>();
  readonly entries = new Map<number, Map<string, Cell>>();
  /** Keys of the group without an index: for every entry. */
  readonly all = new Map<string, Cell>();

  constructor(name: string, keys: Properties, group?: Group) {
    this.name = name;
    this.keys = keys;
    this.group = group;
  }
}

/** After so many problems of one source the rest is not looked at. */
const mostProblems = 100;

/** Indices above this are refused: nobody means them, and `key[]` counts on from here. */
const lastIndex = 1023;

export class Store {
  readonly problems: Problem[] = [];
  readonly notices: string[] = [];
  readonly #scopes = new Map<string, Scope>();
  readonly #interfaces = new Map<string, Scope>();
  /** What was reported: sections, and keys of netifyd. */
  readonly #told = new Set<string>();
  /** Interface -> where its section begins in the file. */
  readonly #headers = new Map<string, Origin>();

  constructor() {
    for (const section of sections) {
      const scope = new Scope(section.name, section.keys as Properties, section.group);
      this.#scopes.set(section.property, scope);
    }
  }

  scope(property: Section['property']): Scope {
    return this.#scopes.get(property) as Scope;
  }

  /** By name, in the order in which they were first named. */
  get interfaces(): ReadonlyMap<string, Scope> {
    return this.#interfaces;
  }

  /** A header of the file: reported when unknown, and an interface even when it is empty. */
  addSection(name: string, origin: Origin): void {
    if (this.problems.length > mostProblems) return;
    if (name.startsWith(interfaceSection.prefix)) {
      const first = this.#headers.get(name);
      if (first !== undefined) {
        const message = `[${name}] is already there: ${originText(first)}; join the two`;
        this.problems.push({ origin, message });
      } else this.#headers.set(name, origin);
    }
    this.#find(name, origin);
  }

  /** Where an interface was named first. */
  headerOf(interfaceName: string): Origin | undefined {
    return this.#headers.get(`${interfaceSection.prefix}${interfaceName}`);
  }

  addAll(settings: readonly Setting[]): void {
    const seen = new Map<string, Origin>();
    for (const setting of settings) {
      if (this.problems.length > mostProblems) return;
      this.#add(setting, seen);
    }
  }

  #find(name: string, origin: Origin): { scope: Scope; property: string } | undefined {
    const section = sections.find((one) => one.name === name || one.aliases.includes(name));
    if (section !== undefined)
      return { scope: this.scope(section.property), property: section.property };
    if (name.startsWith(interfaceSection.prefix)) {
      const interfaceName = name.slice(interfaceSection.prefix.length);
      let scope = this.#interfaces.get(interfaceName);
      if (scope === undefined) {
        scope = new Scope(name, interfaceSection.keys as Properties);
        this.#interfaces.set(interfaceName, scope);
      }
      return { scope, property: 'interfaces' };
    }
    if (this.#told.has(name)) return undefined;
    this.#told.add(name);
    const why = legacySection(name);
    if (why !== undefined) {
      this.notices.push(`${originText(origin)}: [${name}] has no meaning here: ${why}`);
      return undefined;
    }
    const names = [...sections.flatMap((one) => [one.name, ...one.aliases])];
    this.problems.push({
      origin,
      message: `no section is called [${name}]${didYouMean(name, names)}`,
    });
    return undefined;
  }

  #add(setting: Setting, seen: Map<string, Origin>): void {
    const found = this.#find(setting.section, setting.origin);
    if (found === undefined) return;
    const { scope, property } = found;
    const key = keyOf(scope, setting.key);
    const message =
      key === undefined
        ? this.#unknownKey(setting, scope, property)
        : this.#place(setting, scope, key, seen);
    if (message !== undefined) this.problems.push({ origin: setting.origin, message });
  }

  /** What to say of a key that does not exist; undefined when it is one of netifyd's, which is noticed. */
  #unknownKey({ section, key, origin }: Setting, scope: Scope, property: string) {
    const legacy = legacyKeys[property];
    if (legacy !== undefined && Object.hasOwn(legacy, key)) {
      const id = `${scope.name}.${key}`;
      if (this.#told.has(id)) return undefined;
      this.#told.add(id);
      this.notices.push(`${originText(origin)}: ${key} has no meaning here: ${legacy[key]}`);
      return undefined;
    }
    const guess = didYouMean(key, Object.keys(keysOf(scope)));
    const elsewhere = sections.find(
      (one) => Object.hasOwn(one.keys, key) || Object.hasOwn(one.group?.keys ?? {}, key),
    );
    const advice =
      elsewhere === undefined || guess !== '' ? guess : `; it belongs into [${elsewhere.name}]`;
    return `[${section}] has no key \`${key}\`${advice}`;
  }

  /** Puts the value where it belongs, or says why not. */
  #place(setting: Setting, scope: Scope, key: string, seen: Map<string, Origin>) {
    const { origin } = setting;
    const inGroup = !Object.hasOwn(scope.keys, key);
    const schema = keysOf(scope)[key] as TSchema;
    const isList = itemOf(schema) !== undefined;
    if (setting.index !== undefined && !isList && !inGroup) {
      return `\`${key}\` has one value; leave the [${setting.index}] out`;
    }
    if (typeof setting.index === 'number' && setting.index > lastIndex) {
      return `${key}[${setting.index}]: the index is from 0 to ${lastIndex}`;
    }
    if (setting.index === 'next' && inGroup) {
      return `\`${key}[]\`: write the index, as in ${key}[0]; it says what belongs together`;
    }

    const index = indexOf(scope, key, setting.index, isList);
    const place = index === undefined ? key : `${key}[${index}]`;
    if (origin.kind === 'file') {
      const id = `${scope.name}.${place}`;
      const first = seen.get(id);
      if (first !== undefined) {
        return `\`${place}\` is already given by ${originText(first)}; remove one`;
      }
      seen.set(id, origin);
    }

    const cell = this.#read(place, schema, setting);
    if (typeof cell === 'string') return cell;
    if (isList) child(scope.lists, key, () => new Map<number, Cell>()).set(index as number, cell);
    else if (!inGroup) scope.values.set(key, cell);
    else if (index === undefined) scope.all.set(key, cell);
    else child(scope.entries, index, () => new Map<string, Cell>()).set(key, cell);
    return undefined;
  }

  /** The value, or what is wrong with it. */
  #read(place: string, schema: TSchema, { text, origin }: Setting): Cell | string {
    const annotations = (itemOf(schema) ?? schema) as unknown as Annotations;
    if (text.trim() === '') {
      // Nothing is a value only where there may be nothing.
      if (annotations.default === undefined) return { value: undefined, origin };
      return `\`${place}\` is empty; give a value or remove it`;
    }
    const read = readValue(annotations['x-kind'], text);
    if ('problem' in read) {
      const shown = annotations['x-kind'] === 'secret' ? '' : ` = ${text.trim()}`;
      return `\`${place}\`${shown}: ${read.problem}`;
    }
    return { value: this.#inOurWords(place, annotations, read.value, origin), origin };
  }

  /** Words in the case of the schema, netifyd's words as ours, `all` and `none`. */
  #inOurWords(place: string, schema: Annotations, value: unknown, origin: Origin): unknown {
    if (schema['x-kind'] === 'words') {
      const list = value as string[];
      if (list.length === 1 && list[0] === 'none') return [];
      return list.length === 1 && list[0] === 'all' ? schema.default : list;
    }
    if (schema['x-kind'] !== 'word' || typeof value !== 'string') return value;
    const lower = value.toLowerCase();
    const word = schema.enum?.find((one) => one.toLowerCase() === lower);
    if (word !== undefined) return word;
    const synonyms = schema['x-synonyms'] ?? {};
    if (!Object.hasOwn(synonyms, lower)) return value;
    this.notices.push(
      `${originText(origin)}: ${place} = ${value} is read as ${synonyms[lower] as string}`,
    );
    return synonyms[lower];
  }
}

/** The schema of an element when `schema` is a list of keys (`key[n]`); not for words in one value. */
export function itemOf(schema: TSchema): TSchema | undefined {
  if ('x-kind' in schema || !('items' in schema)) return undefined;
  return schema.items as TSchema;
}

const keysOf = (scope: Scope): Properties => ({ ...scope.keys, ...scope.group?.keys });

/** The key that `written` names, by itself or as an alias. */
function keyOf(scope: Scope, written: string): string | undefined {
  const known = keysOf(scope);
  if (Object.hasOwn(known, written)) return written;
  return Object.keys(known).find((key) =>
    (known[key] as unknown as Annotations)['x-aliases']?.includes(written),
  );
}

function indexOf(
  scope: Scope,
  key: string,
  index: Setting['index'],
  isList: boolean,
): number | undefined {
  if (typeof index === 'number') return index;
  if (isList) {
    if (index === undefined) return 0;
    return Math.max(lastIndex, ...(scope.lists.get(key)?.keys() ?? [])) + 1;
  }
  return scope.group?.makers.includes(key) ? 0 : undefined;
}

function child<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
