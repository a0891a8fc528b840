// Where definitions are: those of the package, in `etc/dipper` beside `dist` (a checkout and an installed package are the same
// here), and the operator's.
import { fileURLToPath } from 'node:url';
import type { DefinitionSources } from './definitions.js';

const shipped = (name: string) =>
  fileURLToPath(new URL(`../../../etc/dipper/${name}`, import.meta.url));

export const shippedApplications = shipped('applications.d');

/** The keys of `[applications]` that say which files; an empty list is the default. */
interface Configured {
  readonly directory: readonly string[];
  readonly file: readonly string[];
  readonly domain_directory: readonly string[];
}

export function configuredSources(config: Configured): DefinitionSources {
  const { directory, file, domain_directory: domains } = config;
  const directories = directory.length > 0 ? directory : defaultSources.directories;
  // The package's lists are of its own categories.
  const lists = defaultSources.domainDirectories.slice(
    directories.includes(shippedApplications) ? 0 : 1,
  );
  return { directories, domainDirectories: domains.length > 0 ? domains : lists, files: file };
}

/** The package's own, then the operator's, which override them. */
export const defaultSources = {
  directories: [shippedApplications, '/etc/dipper/applications.d'],
  domainDirectories: [shipped('domains.d'), '/etc/dipper/domains.d'],
} as const satisfies DefinitionSources;
