// `domains.d` of netifyd 4.x: files `{priority}-{category}.txt` of domains between blanks; each gives names a category.
import { basename } from 'node:path';
import { noCategory } from './collection.js';
import type { Category, DomainList } from './definitions.js';
import { domainName } from './domain-name.js';
import type { Problems } from './problems.js';
import { lines } from './source-text.js';

/** Of a file. The largest lists that are published have some million. */
const mostDomains = 4_000_000;

/** Undefined when the file's name says no category; that is a problem, as is every word that is no domain. */
export function domainList(
  file: string,
  bytes: Buffer,
  categories: ReadonlyMap<string, Category>,
  problems: Problems,
): DomainList | undefined {
  const [, number, category] = /^(\d{1,6})-(.+)\.txt$/.exec(basename(file)) ?? [];
  if (number === undefined || category === undefined) {
    problems.add('error', file, 0, 'not used: its name is not {priority}-{category}.txt');
    return undefined;
  }
  if (!categories.has(category)) {
    problems.add('error', file, 0, `not used: ${noCategory(category)}`);
    return undefined;
  }
  const domains: string[] = [];
  let line = 0;
  for (const content of lines(bytes)) {
    line += 1;
    if (typeof content !== 'string') {
      problems.add('error', file, line, content.problem);
      continue;
    }
    if (content === '' || content.startsWith('#')) continue;
    for (const word of content.split(/\s+/)) {
      const name = domainName(word);
      if (domains.length >= mostDomains) {
        problems.add('error', file, line, `more than ${mostDomains} domains; the rest is not used`);
        return { category, priority: Number(number), file, domains };
      }
      if (typeof name === 'string') domains.push(name);
      else
        problems.add('error', file, line, `${JSON.stringify(word.slice(0, 80))}: ${name.message}`);
    }
  }
  return { category, priority: Number(number), file, domains };
}
