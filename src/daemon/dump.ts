// What `dipperd -P` and `--dump-...` print, as netifyd does: one `id: name` a line. Pure.
import type { Application } from '../applications/definitions.js';
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
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly category?: string;
}

/** Lines, each with its newline. Applications and protocols have ids of their own; those of applications come first. */
export function dumpText(options: DumpOptions, names: DumpNames): string {
  return rowsOf(options.subject, names)
    .flatMap((rows) => [...rows].sort(options.sortByTag ? byName : (a, b) => a.id - b.id))
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
  switch (subject) {
    case 'all':
      return [applications, protocols];
    case 'applications':
      return [applications];
    case 'protocols':
      return [protocols];
    case 'categories':
      return [names.categories];
    case 'risks':
      return [names.risks];
  }
}

// By code unit, whatever the locale: scripts compare the output of two machines.
const byName = (a: Row, b: Row): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id;
