// What `dipperd -P` and `--dump-...` print, as netifyd does: one `id: name` a line. Pure.
import type { ProtocolNames } from '../capture/protocols.js';
import type { DumpSubject } from '../config/index.js';

export interface DumpOptions {
  readonly subject: DumpSubject;
  /** In the order of the names instead of the ids. */
  readonly sortByTag: boolean;
  /** `id: name: category`, where it has one. */
  readonly withCategories: boolean;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly category?: number;
}

/** Lines, each with its newline. */
export function dumpText(options: DumpOptions, names: ProtocolNames): string {
  const categories = new Map(names.categories.map(({ id, name }) => [id, name]));
  const rows = [...rowsOf(options.subject, names)].sort(
    options.sortByTag ? byName : (a, b) => a.id - b.id,
  );
  return rows
    .map(({ id, name, category }) => {
      const word = options.withCategories && category !== undefined && categories.get(category);
      return `${id}: ${name}${word ? `: ${word}` : ''}\n`;
    })
    .join('');
}

function rowsOf(
  subject: DumpSubject,
  { protocols, categories, risks }: ProtocolNames,
): readonly Row[] {
  switch (subject) {
    case 'all':
      return protocols;
    case 'applications':
      return protocols.filter(({ application }) => application);
    case 'protocols':
      return protocols.filter(({ application }) => !application);
    case 'categories':
      return categories;
    case 'risks':
      return risks;
  }
}

// By code unit, whatever the locale: scripts compare the output of two machines.
const byName = (a: Row, b: Row): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id;
