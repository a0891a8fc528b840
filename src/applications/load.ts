// Definition files -> Definitions.
import type { DefinitionSources, Definitions } from './definitions.js';

/**
 * Reads all files of `sources`, in order. Never throws for what files contain, nor for files that cannot be read: that is
 * in `problems`, and everything else is used. Lets the event loop run between pieces of large files.
 */
export async function loadDefinitions(_sources: DefinitionSources): Promise<Definitions> {
  await Promise.resolve();
  return {
    applications: [],
    rules: [],
    transforms: [],
    categories: [],
    domainLists: [],
    problems: [],
    files: [],
  };
}
