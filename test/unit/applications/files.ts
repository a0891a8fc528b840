// Definition files that a test writes, and what they give.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Definitions } from '../../../src/applications/definitions.js';
import { loadDefinitions } from '../../../src/applications/load.js';
import { Lookup } from '../../../src/applications/lookup.js';
import { problemLine } from '../../../src/applications/problems.js';

const folders: string[] = [];
process.on('exit', () => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** A folder of its own, removed when the process ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'dipper-applications-'));
  folders.push(path);
  return path;
}

export interface Loaded {
  readonly definitions: Definitions;
  readonly lookup: Lookup;
  /** As people read them, without the folder's name. */
  readonly problems: string[];
}

/** `files` in the order in which they are given; `domains.d/...` are domain lists. */
export async function load(files: Readonly<Record<string, string | Uint8Array>>): Promise<Loaded> {
  const root = folder();
  const paths: string[] = [];
  mkdirSync(join(root, 'domains.d'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (!name.startsWith('domains.d/')) paths.push(path);
  }
  const definitions = await loadDefinitions({
    files: paths,
    domainDirectories: [join(root, 'domains.d')],
  });
  return {
    definitions,
    lookup: new Lookup(definitions),
    problems: definitions.problems.map((p) => problemLine(p).replaceAll(`${root}/`, '')),
  };
}

/** The tag of the application that a name or an address falls under. */
export function tagOf({ lookup }: Loaded, what: string): string | undefined {
  return lookup.evidence({ names: [what], address: what })[0]?.application.tag;
}
