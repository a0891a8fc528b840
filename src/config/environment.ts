// Environment variables as settings. The names are systematic: DIPPER_, the section, the key, the index, in capitals
// with `_` for everything else; the section `dipperd` is left out. `DIPPER_MAX_FLOWS`, `DIPPER_SOCKET_LISTEN_PORT_0`,
// `DIPPER_CAPTURE_INTERFACE_BR_LAN_FILTER`. An empty variable counts as not set.
import { didYouMean } from './problems.js';
import { interfaceSection, type Section, sections } from './schema/index.js';
import type { Setting } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'DIPPER_';

/** Variables that are no keys: the file of the configuration, and what `dipper stream` and the tests read. */
const others = ['DIPPER_CONFIG', 'DIPPER_TOKEN', 'DIPPER_CAPTURES'];

const shout = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** The name of the variable for a key. */
export function variableName(section: string, key: string, index?: number): string {
  const start = section === 'dipperd' ? prefix : `${prefix}${shout(section)}_`;
  return `${start}${shout(key)}${index === undefined ? '' : `_${index}`}`;
}

interface Target {
  readonly section: string;
  readonly key: string;
}

function targetsOf({ name, keys, group }: Section): [string, Target][] {
  return [...Object.keys(keys), ...Object.keys(group?.keys ?? {})].map((key) => [
    variableName(name, key),
    { section: name, key },
  ]);
}

/** Every variable without index. `interfaces` are the names that file and command line know. */
export function variables(interfaces: Iterable<string>): ReadonlyMap<string, Target> {
  const table = new Map(sections.flatMap(targetsOf));
  for (const name of interfaces) {
    const section = `${interfaceSection.prefix}${name}`;
    for (const key of Object.keys(interfaceSection.keys)) {
      table.set(variableName(section, key), { section, key });
    }
  }
  return table;
}

export function environmentSettings(
  environment: Environment,
  interfaces: Iterable<string>,
): { settings: Setting[]; notices: string[] } {
  const table = variables(interfaces);
  const settings: Setting[] = [];
  const notices: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined || text === '' || others.includes(name)) {
      continue;
    }
    const match = /^(.+)_(\d{1,4})$/.exec(name);
    const whole = table.get(name);
    const target = whole ?? (match === null ? undefined : table.get(match[1] as string));
    if (target === undefined) {
      const plain = match === null ? name : (match[1] as string);
      notices.push(`${name}: no key has this name${didYouMean(plain, table.keys())}`);
      continue;
    }
    const index = whole === undefined ? { index: Number(match?.[2]) } : {};
    settings.push({ ...target, ...index, text, origin: { kind: 'environment', name } });
  }
  return { settings, notices };
}
