// Writes what is made from the schema and the options of the daemon: sample, reference, migration. A test compares.
//   node scripts/docs.mjs
import { writeFileSync } from 'node:fs';
import { build } from './build.mjs';
import { root } from './setup.mjs';

build(['ts'], { ifStale: true });
const { sampleText } = await import('../dist/src/config/sample.js');
const { referenceText } = await import('../dist/src/config/reference.js');
const { migrationText } = await import('../dist/src/config/migration.js');
writeFileSync(`${root}/etc/dipperd.conf`, sampleText());
writeFileSync(`${root}/docs/reference/configuration.md`, referenceText());
writeFileSync(`${root}/docs/migration-from-netifyd.md`, migrationText());
