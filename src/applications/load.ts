// Definition files -> Definitions: which files, in which order, and everything that is in them.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Collection } from './collection.js';
import type { DefinitionSources, Definitions, DomainList } from './definitions.js';
import { domainList } from './domain-lists.js';
import { inOrder, reportShadowed } from './precedence.js';
import { Problems } from './problems.js';
import { record } from './records.js';
import { isSinkRule, sinkRule } from './sink-rules.js';
import { lines, readSource } from './source-text.js';

/** Of a folder: more is a mistake. */
const mostFiles = 1000;

/** Lines between which others have their turn: some 10 ms. */
const linesOfATurn = 8192;

/** The definition files of `sources` in the order in which they are read. */
export async function definitionFiles(sources: DefinitionSources): Promise<string[]> {
  const directories = await filesOf(sources.directories ?? [], '.conf', new Problems());
  return [...directories, ...(sources.files ?? [])];
}

/**
 * Reads all files of `sources`, in order. Never throws for what files contain, nor for files that cannot be read: that is
 * in `problems`, and everything else is used. Lets the event loop run between pieces of large files.
 */
export async function loadDefinitions(sources: DefinitionSources): Promise<Definitions> {
  const problems = new Problems();
  const collection = new Collection(problems);
  const files = [
    ...(await filesOf(sources.directories ?? [], '.conf', problems)),
    ...(sources.files ?? []),
  ];
  for (const file of files) {
    const bytes = await read(file, problems);
    if (bytes !== undefined) await parse(collection, file, bytes);
  }
  const lists = await filesOf(sources.domainDirectories ?? [], '.txt', problems);
  const domainLists: DomainList[] = [];
  for (const file of lists) {
    const bytes = await read(file, problems);
    const list = bytes && domainList(file, bytes, collection.categories, problems);
    if (list !== undefined) domainLists.push(list);
    await turn();
  }

  const applications = collection.applications();
  const rules = inOrder(collection.files.map((file) => collection.resolved(file)));
  await turn();
  reportShadowed(rules, new Map(applications.map(({ id, tag }) => [id, tag])), problems);
  return {
    applications,
    rules,
    transforms: collection.transforms,
    categories: [...collection.categories.values()],
    domainLists: domainLists.sort((a, b) => a.priority - b.priority),
    problems: problems.list([...files, ...lists]),
    files: [...files, ...lists],
  };
}

async function filesOf(
  directories: readonly string[],
  suffix: string,
  problems: Problems,
): Promise<string[]> {
  const files: string[] = [];
  for (const directory of directories) {
    try {
      const names = (await readdir(directory)).filter(
        (name) => name.endsWith(suffix) && !name.startsWith('.'),
      );
      files.push(
        ...names
          .sort()
          .slice(0, mostFiles)
          .map((name) => join(directory, name)),
      );
      if (names.length > mostFiles)
        problems.add('error', directory, 0, `more than ${mostFiles} files; the rest is not read`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') problems.add('error', directory, 0, message);
    }
  }
  return files;
}

async function read(file: string, problems: Problems): Promise<Buffer | undefined> {
  try {
    return await readSource(file);
  } catch (error) {
    problems.add('error', file, 0, (error as Error).message);
    return undefined;
  }
}

async function parse(collection: Collection, file: string, bytes: Buffer): Promise<void> {
  const from = collection.begin(file);
  let line = 0;
  for (const content of lines(bytes)) {
    line += 1;
    if (line % linesOfATurn === 0) await turn();
    if (typeof content !== 'string') {
      collection.problems.add('error', file, line, content.problem);
      continue;
    }
    if (content === '' || content.startsWith('#')) continue;
    if (isSinkRule(content)) sinkRule(collection, from, line, content);
    else record(collection, from, line, content);
  }
}
