// What `dipperd -P` and `--dump-...` print, as netifyd does: one `id: name` a line. Categories of applications are known by
// their words, which messages have, and not by numbers: they are `word: description`. Pure.
import type { Application, Category } from '../applications/definitions.js';
import type { ProtocolNames } from '../capture/protocols.js';
import type { DumpSubject } from '../config/index.js';

export interface DumpOptions {
  readonly subject: DumpSubject;
  /** In the order of the names instead of the ids. */
  readonly sortByTag: boolean;
  /** `id: name: category`, where it has one. */
  readonly withCategories: boolean;
}

/** The library's names, and the applications of the definitions. */
export interface DumpNames extends ProtocolNames {
  readonly applications: readonly Application[];
  readonly applicationCategories: readonly Category[];
}

interface Row {
  readonly id: number | string;
  readonly name: string;
  readonly category?: string;
}

/** Lines, each with its newline. Applications and protocols have ids of their own; those of applications come first. */
export function dumpText(options: DumpOptions, names: DumpNames): string {
  return rowsOf(options.subject, names)
    .flatMap((rows) => [...rows].sort(options.sortByTag ? byName : byId))
    .map(({ id, name, category }) => {
      const word = options.withCategories && category ? `: ${category}` : '';
      return `${id}: ${name}${word}\n`;
    })
    .join('');
}

function rowsOf(subject: DumpSubject, names: DumpNames): readonly (readonly Row[])[] {
  const words = new Map(names.categories.map(({ id, name }) => [id, name]));
  const applications = names.applications.map(({ id, tag, category }) => ({
    ...{ id, name: tag, category },
  }));
  const protocols = names.protocols
    .filter(({ application }) => !application)
    .map(({ id, name, category }) => ({ id, name, category: words.get(category) ?? '' }));
  const applicationCategories = names.applicationCategories.map(({ word, description }) => ({
    ...{ id: word, name: description },
  }));
  switch (subject) {
    case 'all':
      return [applications, protocols];
    case 'applications':
      return [applications];
    case 'protocols':
      return [protocols];
    case 'categories':
      return [applicationCategories, names.categories];
    case 'application-categories':
      return [applicationCategories];
    case 'protocol-categories':
      return [names.categories];
    case 'risks':
      return [names.risks];
  }
}

// By code unit, whatever the locale: scripts compare the output of two machines.
const order = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const byId = (a: Row, b: Row): number => order(a.id, b.id);
/** What is known by a word is in the order of that, not of what describes it. */
const byName = (a: Row, b: Row): number =>
  (typeof a.id === 'number' ? order(a.name, b.name) : 0) || byId(a, b);
