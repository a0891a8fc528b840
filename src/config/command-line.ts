// The command line of the daemon: netifyd's, 3.07 and 4.x, and ours. The order counts: -A, -F and -N belong to the
// interface before them. What a flag sets wins over the file, wherever it stands.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DipperError } from '../errors.js';
import { type Action, type OptionRow, optionRows } from './command-line-options.js';
import type {
  CommandLine,
  CommandLineInterface,
  DumpSubject,
  Mode,
  Override,
} from './command-line-types.js';
import { didYouMean } from './problems.js';
import { interfaceSection, sections } from './schema/index.js';

/** One look at the world, to tell `-I FILE` from `-I IFACE`. */
export interface Surroundings {
  readonly isFile: (path: string) => boolean;
  readonly isInterface: (name: string) => boolean;
  /** What relative paths start from. */
  readonly folder: string;
}

/** `argv` without node and script. Throws DipperError ERR_USAGE (exit 64). */
export function parseCommandLine(
  argv: readonly string[],
  surroundings: Surroundings = host(),
): CommandLine {
  const reader = new Reader(surroundings);
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--') {
      if (i + 1 < argv.length) throw unexpected(argv[i + 1] as string);
    } else if (word.startsWith('--')) i += reader.long(word, argv[i + 1]);
    else if (word.startsWith('-') && word !== '-') i += reader.cluster(word, argv[i + 1]);
    else throw unexpected(word);
  }
  return reader.result();
}

type Task = (Action & { kind: 'mode' }) | { kind: 'dump'; subject: DumpSubject };

interface OpenInterface extends CommandLineInterface {
  addresses: string[];
  filter?: string;
  peer?: string;
}

class Reader {
  readonly #around: Surroundings;
  readonly #interfaces: OpenInterface[] = [];
  readonly #overrides: Override[] = [];
  readonly #notices: string[] = [];
  #mode: Mode | undefined;
  #modeFlag = '';
  #ends = false;
  #configFile: string | undefined;
  #debug = 0;
  #verbose = 0;
  #foreground = false;
  #offline = 0;
  readonly #dump = { sortByTag: false, withCategories: false };

  constructor(surroundings: Surroundings) {
    this.#around = surroundings;
  }

  /** `--name`, `--name=value`, `--name value`. Returns how many words of what follows were used. */
  long(word: string, next: string | undefined): number {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const row = byLong.get(name);
    if (row === undefined) throw unknown(`--${name}`);
    const flag = `--${name}`;
    if (row.argument === undefined) {
      if (equals >= 0) throw usage(`${flag} takes no value; leave ${word.slice(equals)} out`);
      this.#take(row, flag, '');
      return 0;
    }
    if (equals >= 0) {
      this.#take(row, flag, word.slice(equals + 1));
      return 0;
    }
    if (next === undefined) throw missing(flag, row);
    this.#take(row, flag, next);
    return 1;
  }

  /** `-dddR`, `-Ibr-lan`, `-I br-lan`, `-RI br-lan`. */
  cluster(word: string, next: string | undefined): number {
    for (let i = 1; i < word.length; i++) {
      const flag = `-${word[i]}`;
      const row = byShort.get(word[i] as string);
      if (row === undefined) throw unknown(flag);
      if (row.argument === undefined) {
        this.#take(row, flag, '');
        continue;
      }
      const rest = word.slice(i + 1);
      if (rest !== '') {
        this.#take(row, flag, rest);
        return 0;
      }
      if (next === undefined) throw missing(flag, row);
      this.#take(row, flag, next);
      return 1;
    }
    return 0;
  }

  result(): CommandLine {
    const mode: Mode = this.#mode ?? (this.#ends ? { mode: 'nothing' } : { mode: 'run' });
    const level = ['debug', 'trace'][Math.min(this.#debug, 2) - 1];
    // First, so that --log-level wins.
    const debug: Override[] =
      level === undefined
        ? []
        : [{ section: 'dipperd', key: 'log_level', text: level, flag: '-d' }];
    return {
      ...(mode.mode === 'dump' ? { ...mode, ...this.#dump } : mode),
      ...(this.#configFile === undefined ? {} : { configFile: this.#configFile }),
      debug: this.#debug,
      verbose: this.#verbose,
      foreground: this.#foreground || this.#debug > 0,
      interfaces: this.#interfaces,
      overrides: [...debug, ...this.#overrides],
      notices: this.#notices,
    };
  }

  #take(row: OptionRow, flag: string, argument: string): void {
    if (row.argument !== undefined && argument === '') throw missing(flag, row);
    const text = row.isPath === true ? resolve(this.#around.folder, argument) : argument;
    const { action } = row;
    switch (action.kind) {
      case 'interface':
        this.#open(action.role, flag, text);
        return;
      case 'bound':
        this.#bind(action.to, flag, text);
        return;
      case 'set':
        this.#overrides.push({
          section: action.section,
          key: action.key,
          text: action.text ?? text,
          flag,
        });
        return;
      case 'workers':
        this.#overrides.push({ section: 'threads', key: 'workers', text, flag });
        return;
      case 'key':
        this.#overrides.push(override(text, flag));
        return;
      case 'config':
        this.#configFile = text;
        return;
      case 'debug':
        this.#debug++;
        return;
      case 'verbose':
        this.#verbose++;
        return;
      case 'foreground':
        this.#foreground = true;
        return;
      case 'dump-modifier':
        this.#dump[action.modifier] = true;
        return;
      case 'notice':
      case 'notice-and-end':
        this.#notices.push(`${flag} has no meaning here: ${action.why}`);
        this.#ends ||= action.kind === 'notice-and-end';
        return;
      case 'dump-category':
        this.#choose({ kind: 'dump', subject: categoriesOf(text, flag) }, flag, text);
        return;
      case 'mode':
      case 'dump':
        this.#choose(action, flag, text);
        return;
    }
  }

  #choose(action: Task, flag: string, text: string): void {
    // Help wins, as everywhere.
    if (this.#mode !== undefined && this.#mode.mode === 'help') return;
    const isHelp = action.kind === 'mode' && action.mode === 'help';
    if (this.#mode !== undefined && this.#modeFlag !== flag && !isHelp)
      throw usage(`${this.#modeFlag} and ${flag} are two tasks; give one at a time`);
    this.#modeFlag = flag;
    if (action.kind === 'dump')
      this.#mode = {
        mode: 'dump',
        subject: action.subject,
        sortByTag: false,
        withCategories: false,
      };
    else if (action.mode === 'hash') this.#mode = { mode: 'hash', file: text };
    else this.#mode = { mode: action.mode };
  }

  #open(role: 'LAN' | 'WAN', flag: string, text: string): void {
    const comma = text.indexOf(',');
    let name = comma < 0 ? text : text.slice(0, comma);
    let file = comma < 0 ? undefined : text.slice(comma + 1);
    if (comma >= 0 && (name === '' || file === ''))
      throw usage(`${flag} ${text}: write an interface, a comma and a capture file`);
    const isFile = text.includes('/') || (!this.#around.isInterface(text) && this.#isFile(text));
    if (comma < 0 && isFile) {
      if (!this.#isFile(text)) throw usage(`${flag} ${text}: no such capture file; check the path`);
      file = text;
      name = `offline${this.#offline++}`;
    }
    const first = this.#interfaces.find((one) => one.name === name);
    if (first !== undefined)
      throw usage(`${flag} ${text}: ${name} is already given by ${first.flag}; leave one out`);
    this.#interfaces.push({
      name,
      role,
      ...(file === undefined ? {} : { file: resolve(this.#around.folder, file) }),
      addresses: [],
      flag: `${flag} ${text}`,
    });
  }

  #isFile(path: string): boolean {
    return this.#around.isFile(resolve(this.#around.folder, path));
  }

  #bind(to: 'addresses' | 'filter' | 'peer', flag: string, text: string): void {
    const last = this.#interfaces.at(-1);
    if (last === undefined)
      throw usage(
        `${flag} ${text} stands before any interface; give it after the -I or -E that it is for`,
      );
    if (to === 'addresses') last.addresses.push(text);
    else if (last[to] !== undefined)
      throw usage(`${flag} ${text}: ${last.name} has one already (${last[to]}); leave one out`);
    else last[to] = text;
  }
}

/** `section.key=value`, `section.key[1]=value`; the section of an interface may have dots in its name. */
function override(text: string, flag: string): Override {
  const match = /^([^=]+)\.([\w-]+)(?:\[(\d{1,4})\])?=(.*)$/s.exec(text);
  if (match === null)
    throw usage(`${flag} ${text}: write section.key=value, as in socket.listen_port[0]=7151`);
  const [, section = '', key = '', index, value = ''] = match;
  const isInterface = section.startsWith(interfaceSection.prefix);
  const known = sections.flatMap((one) => [one.name, one.property, ...one.aliases]);
  if (!isInterface && !known.includes(section))
    throw usage(`${flag} ${text}: no section is called ${section}${didYouMean(section, known)}`);
  return {
    section: isInterface ? section : section.replaceAll('_', '-'),
    key,
    ...(index === undefined ? {} : { index: Number(index) }),
    text: value,
    flag: `${flag} ${section}.${key}`,
  };
}

/** netifyd's words for TYPE, in any case; as it does, the plural is taken, too. */
function categoriesOf(type: string, flag: string): DumpSubject {
  const [, word] = /^(application|protocol)s?$/.exec(type.toLowerCase()) ?? [];
  if (word === undefined)
    throw usage(
      `${flag} ${type}: there are categories of type application and of type protocol${didYouMean(type, ['application', 'protocol'])}`,
    );
  return `${word as 'application' | 'protocol'}-categories`;
}

const byShort = new Map(
  optionRows.flatMap((row) => (row.short === undefined ? [] : [[row.short, row] as const])),
);
byShort.set('?', byShort.get('h') as OptionRow);
const byLong = new Map(optionRows.flatMap((row) => row.long.map((name) => [name, row] as const)));

const usage = (message: string) => new DipperError('ERR_USAGE', message);

const missing = (flag: string, row: OptionRow) =>
  usage(`${flag} needs a value: ${flag} ${row.argument}`);

const unexpected = (word: string) =>
  usage(
    `${JSON.stringify(word)} belongs to no option; interfaces are named with -I and -E, see dipperd --help`,
  );

function unknown(flag: string): DipperError {
  const names = [...byLong.keys()].map((name) => `--${name}`);
  const guess = flag.startsWith('--') ? didYouMean(flag, names) : '';
  return usage(`no option is called ${flag}${guess === '' ? '; see dipperd --help' : guess}`);
}

function host(): Surroundings {
  const exists = (path: string, test: 'isFile' | 'isDirectory') => {
    try {
      return statSync(path, { throwIfNoEntry: false })?.[test]() === true;
    } catch {
      return false; // a name that no file can have, a folder that may not be searched
    }
  };
  return {
    isFile: (path) => exists(path, 'isFile'),
    isInterface: (name) => !name.includes('/') && exists(`/sys/class/net/${name}`, 'isDirectory'),
    folder: process.cwd(),
  };
}
