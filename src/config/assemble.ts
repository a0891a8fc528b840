// The places of the store -> the configuration, with every default filled in and every value's origin under its JSON
// pointer. Nothing is judged here but variables in paths and entries without what makes them one.
import type { TSchema } from 'typebox';
import { didYouMean, type Origin, type Problem } from './problems.js';
import { sections } from './schema/index.js';
import { type Annotations, stateVolatile } from './schema/values.js';
import { type Cell, itemOf, type Scope, type Store, stronger } from './store.js';

export interface Place {
  /** As the file names it: `socket.listen_port[0]`. */
  readonly name: string;
  readonly origin: Origin;
}

export interface Assembled {
  readonly config: Record<string, unknown>;
  /** JSON pointer -> place, for every value. */
  readonly places: ReadonlyMap<string, Place>;
}

type Fields = Record<string, unknown>;

const isDefault: Origin = { kind: 'default' };

export function assemble(store: Store, problems: Problem[]): Assembled {
  return new Assembler(store, problems).run();
}

class Assembler {
  readonly #store: Store;
  readonly #problems: Problem[];
  readonly #places = new Map<string, Place>();
  readonly #variables = new Map<string, string>();

  constructor(store: Store, problems: Problem[]) {
    this.#store = store;
    this.#problems = problems;
  }

  run(): Assembled {
    const main = this.#store.scope('dipperd');
    for (const name of ['path_state_persistent', 'path_state_volatile'] as const) {
      const folder = main.values.get(name)?.value ?? defaultOf(main.keys[name] as TSchema);
      this.#variables.set(name, String(folder).replace(/(.)\/+$/, '$1'));
    }
    const config: Fields = {};
    for (const { property } of sections) {
      const scope = this.#store.scope(property);
      const pointer = `/${property}`;
      config[property] = { ...this.#plain(scope, pointer, []), ...this.#group(scope, pointer) };
    }
    const defaults = (['capture_defaults', 'capture_defaults_tpv3'] as const).map((property) =>
      this.#store.scope(property),
    );
    config.interfaces = [...this.#store.interfaces].map(([name, scope], i) => {
      const origin = this.#store.headerOf(name) ?? originOf(scope);
      this.#places.set(`/interfaces/${i}/name`, { name: scope.name, origin });
      return { name, ...this.#plain(scope, `/interfaces/${i}`, defaults) };
    });
    return { config, places: this.#places };
  }

  /** The keys with one value, and the lists. What `scope` does not say is that of the scope in `inherited` that knows it. */
  #plain(scope: Scope, pointer: string, inherited: readonly Scope[]): Fields {
    const fields: Fields = {};
    for (const [key, schema] of Object.entries(scope.keys)) {
      if (itemOf(schema) !== undefined) {
        fields[key] = this.#list(scope, pointer, key);
        continue;
      }
      const general = inherited.find((one) => Object.hasOwn(one.keys, key));
      const own = scope.values.get(key);
      const cell = stronger(own, general?.values.get(key));
      const from = own !== undefined && cell === own ? scope : (general ?? scope);
      this.#put(fields, `${pointer}/${key}`, key, `${from.name}.${key}`, schema, cell);
    }
    return fields;
  }

  #list(scope: Scope, pointer: string, key: string): unknown[] {
    const cells = [...(scope.lists.get(key) ?? [])]
      .sort(([a], [b]) => a - b)
      .filter(([, cell]) => cell.value !== undefined);
    return cells.map(([, { value, origin }], i) => {
      this.#places.set(`${pointer}/${key}/${i}`, { name: `${scope.name}.${key}[${i}]`, origin });
      return value;
    });
  }

  #group(scope: Scope, pointer: string): Fields {
    const { group } = scope;
    if (group === undefined) return {};
    const isMade = (cells: ReadonlyMap<string, Cell>) => group.makers.some((key) => cells.has(key));
    const written = [...scope.entries].sort(([a], [b]) => a - b);
    const made = written.filter(([, cells]) => isMade(cells));
    for (const [index, cells] of written.filter(([, cells]) => !isMade(cells))) {
      const needed = group.makers.map((key) => `${key}[${index}]`).join(' or ');
      for (const [key, { origin }] of cells)
        this.#problems.push({ origin, message: `\`${key}[${index}]\` needs ${needed} beside it` });
    }
    // Without any listener there are the socket in the volatile folder and netifyd's port on the loopback.
    if (group.property === 'listeners' && made.length === 0) {
      const path = { value: `${stateVolatile}/dipperd.sock`, origin: isDefault };
      made.push([0, new Map([['listen_path', path]])]);
      made.push([1, new Map([['listen_address', { value: '127.0.0.1', origin: isDefault }]])]);
    }
    const alive = made.filter(([, cells]) =>
      group.makers.some((key) => cells.get(key)?.value !== undefined),
    );
    const entries = alive.map(([index, cells], i) => {
      const fields: Fields = { index };
      for (const [key, schema] of Object.entries(group.keys as Record<string, TSchema>)) {
        const place = `${pointer}/${group.property}/${i}/${key}`;
        const name = `${scope.name}.${key}[${index}]`;
        this.#put(fields, place, key, name, schema, stronger(cells.get(key), scope.all.get(key)));
      }
      return fields;
    });
    return { [group.property]: entries };
  }

  #put(
    fields: Fields,
    pointer: string,
    key: string,
    name: string,
    schema: TSchema,
    cell: Cell | undefined,
  ): void {
    const origin = cell?.origin ?? isDefault;
    const value = cell === undefined ? defaultOf(schema) : cell.value;
    this.#places.set(pointer, { name, origin });
    if (value === undefined) return;
    fields[key] =
      annotations(schema)['x-kind'] === 'path' ? this.#expand(String(value), name, origin) : value;
  }

  #expand(text: string, name: string, origin: Origin): string {
    return text.replaceAll(/\$\{([^}]*)\}/g, (whole, variable: string) => {
      const folder = this.#variables.get(variable);
      const isState = this.#variables.has(name.replace(/^dipperd\./, ''));
      if (folder !== undefined && !isState) return folder;
      const message = isState
        ? `\`${name}\`: the two state paths are written out, without variables`
        : `\`${name}\`: no variable is called ${whole}${didYouMean(variable, this.#variables.keys())}`;
      this.#problems.push({ origin, message });
      return whole;
    });
  }
}

/** Where an interface comes from that has no section in the file: its role, else anything said of it. */
function originOf(scope: Scope): Origin {
  const [any] = [
    ...scope.values.values(),
    ...[...scope.lists.values()].flatMap((l) => [...l.values()]),
  ];
  return (scope.values.get('role') ?? any)?.origin ?? isDefault;
}

const annotations = (schema: TSchema) => schema as unknown as Annotations;
const defaultOf = (schema: TSchema): unknown => annotations(schema).default;
