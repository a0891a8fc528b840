// Writes what is made from the schemas and the options of the daemon: sample, references, migration. Tests compare.
// The page of the library's names is made where its libndpi is the one that it is about.
//   node scripts/docs.mjs
import { writeFileSync } from 'node:fs';
import { build } from './build.mjs';
import { root } from './setup.mjs';

build(['addon', 'ts'], { ifStale: true });
const { sampleText } = await import('../dist/src/config/sample.js');
const { referenceText } = await import('../dist/src/config/reference.js');
const { migrationText } = await import('../dist/src/config/migration.js');
const { messagesPage } = await import('../dist/src/messages/reference/page.js');
const { namesPage } = await import('../dist/src/messages/reference/names-page.js');
const { loadAddon } = await import('../dist/src/addon.js');
const { protocolNames } = await import('../dist/src/capture/protocols.js');
writeFileSync(`${root}/etc/dipperd.conf`, sampleText());
writeFileSync(`${root}/docs/reference/configuration.md`, referenceText());
writeFileSync(`${root}/docs/migration-from-netifyd.md`, migrationText());
const { loadDefinitions } = await import('../dist/src/applications/load.js');
const { applicationsPage } = await import('../dist/src/applications/reference.js');
const { shippedApplications } = await import('../dist/src/applications/shipped.js');
const shipped = await loadDefinitions({ directories: [shippedApplications] });
writeFileSync(`${root}/docs/reference/applications.md`, applicationsPage(shipped));
writeFileSync(`${root}/docs/reference/messages.md`, messagesPage());
const { libraryVersion } = loadAddon();
if (libraryVersion === '4.2.0')
  writeFileSync(`${root}/docs/reference/protocols.md`, namesPage(libraryVersion, protocolNames()));
