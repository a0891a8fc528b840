// The committed list of popular names that belong to none of our applications; its head says how it was made.
import { readFileSync } from 'node:fs';

const list = new URL('../../../../test/unit/applications/unrelated-names.txt', import.meta.url);

/** The words of a file, a line each, without its comments. */
export const words = (path: string | URL): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

export const unrelatedNames = (): string[] => words(list);
