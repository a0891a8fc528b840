// What the three sources (file, environment, command line) say, in one form: a section, a key, a text, and from where.
import type { CommandLine } from './command-line-types.js';
import type { IniFile } from './ini-file.js';
import type { Origin } from './problems.js';

export interface Setting {
  readonly section: string;
  readonly key: string;
  /** For `key[n]`; `next` appends. */
  readonly index?: number | 'next';
  readonly text: string;
  readonly origin: Origin;
}

export function fileSettings(file: IniFile): Setting[] {
  return file.entries.map(({ line, ...entry }) => ({
    ...entry,
    origin: { kind: 'file', path: file.path, line },
  }));
}

/** Flags, and the interfaces with what is bound to them. */
export function commandLineSettings(
  line: Pick<CommandLine, 'interfaces' | 'overrides'>,
): Setting[] {
  const interfaces = line.interfaces.flatMap((one) => {
    const section = `capture-interface-${one.name}`;
    const set = (key: string, text: string | undefined, flag: string, index?: 'next'): Setting[] =>
      text === undefined
        ? []
        : [
            {
              section,
              key,
              text,
              ...(index === undefined ? {} : { index }),
              origin: { kind: 'flag', flag },
            },
          ];
    return [
      ...set('role', one.role, one.flag),
      ...set('filename', one.file, one.flag),
      ...one.addresses.flatMap((address) => set('address', address, `-A ${address}`, 'next')),
      ...set('filter', one.filter, '-F'),
      ...set('peer', one.peer, '-N'),
    ];
  });
  const overrides = line.overrides.map(
    ({ flag, ...setting }): Setting => ({ ...setting, origin: { kind: 'flag', flag } }),
  );
  return [...interfaces, ...overrides];
}
