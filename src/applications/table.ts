// Definition files -> the table that engines use, with what people want to know of it.
import { Applications } from '../capture/applications.js';
import { applicationColumns } from './columns.js';
import type { Application, DefinitionSources, Definitions, Problem } from './definitions.js';
import { loadDefinitions } from './load.js';
import { defaultSources } from './shipped.js';

export interface LoadedApplications {
  readonly table: Applications;
  /** By id, ascending. */
  readonly applications: readonly Application[];
  readonly rules: number;
  readonly problems: readonly Problem[];
  /** Every file that was read or tried, in order. */
  readonly files: readonly string[];
}

/**
 * What is in order is used, the rest is in `problems`. Lets the event loop run between pieces of large files, but for the
 * making of the native table at last: 60 ms for 100,000 names and 50,000 prefixes.
 */
export async function loadApplications(
  sources: DefinitionSources = defaultSources,
): Promise<LoadedApplications> {
  return await compileApplications(await loadDefinitions(sources));
}

export async function compileApplications(definitions: Definitions): Promise<LoadedApplications> {
  const table = new Applications(await applicationColumns(definitions));
  const unused = table.leftOut.flatMap((number): Problem[] => {
    const rule = definitions.rules[number];
    if (rule === undefined) return [];
    const { file, line } = rule;
    const message = 'not used: too large an expression for an automaton, and 64 before it are, too';
    return [{ file, line, severity: 'error', message }];
  });
  return {
    table,
    applications: definitions.applications,
    rules: definitions.rules.length,
    problems: [...definitions.problems, ...unused],
    files: definitions.files,
  };
}
