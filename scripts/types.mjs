// Writes what readers of the stream take from the package beside the programs: dist/messages.d.ts, the types of all
// messages, and dist/messages.schema.json. Part of the build.
//   node scripts/types.mjs
import { writeFileSync } from 'node:fs';
import { schemaBundle } from '../dist/src/messages/reference/schema.js';
import { typesText } from '../dist/src/messages/reference/types.js';
import { root } from './setup.mjs';

writeFileSync(`${root}/dist/messages.d.ts`, typesText());
writeFileSync(`${root}/dist/messages.schema.json`, `${JSON.stringify(schemaBundle(), null, 2)}\n`);
