// docs/reference/configuration.md, made from the schema.
import type { TSchema } from 'typebox';
import { variableName } from './environment.js';
import { isList, notesOf, sampleValue, schemas } from './sample.js';
import { interfaceSection, sections } from './schema/index.js';
import type { Annotations } from './schema/values.js';
import { valueText } from './text.js';

const opening = `# Configuration

Made from the schema (\`npm run docs\`); a test compares. \`dipper config sample\` prints the same as a file,
\`dipper config show --origin\` what holds and where it is from, \`dipper config check FILE\` and \`dipperd --check\` every
problem of a file at once.

**Order.** Command line > environment > file > default. The file is the one of \`-c\`, else of \`DIPPER_CONFIG\`, else
\`/etc/dipperd.conf\` if it exists. \`--set section.key=value\` gives any key on the command line. Arrays (\`key[n]\`) are
taken index by index; \`-A\` adds to the addresses of the file. An empty value is no value.

**Environment.** \`DIPPER_\`, the section, the key, the index, in capitals with \`_\` for everything else; \`[dipperd]\` is
left out. The sections of interfaces work when file or command line name the interface.

**File.** INI: \`[section]\`, \`key = value\`, comments from \`;\` or \`#\` on. A value with these signs in it stands in
quotes: \`'single'\` as it is, \`"double"\` with the escapes of JSON. In names of sections and keys case does not matter,
and in names of sections \`-\` and \`_\` are the same, so those of netifyd 3.x and 4.x both work; \`[netifyd]\` is read as
\`[dipperd]\`. At most 1 MiB of UTF-8. A key or section that does not exist is an error with the nearest right name; one
that only netifyd has is a notice ([migration](../migration-from-netifyd.md)).

**Values.** *boolean*: yes, no, true, false, on, off, 1, 0. *size*: bytes, or with K, M, G or KiB, MiB, GiB, powers of
1024. *seconds*, *milliseconds*: a number of these, or with ms, s, m, h, d. *port*: a number or a name of /etc/services.
*path*: whole, from / on; \`\${path_state_volatile}\` and \`\${path_state_persistent}\` stand for the two folders. *network*:
an address with its prefix length. *words*: between commas or blanks, or \`all\`, or \`none\`.

**Reload.** \`dipper reload\` or SIGHUP: a key marked *live* holds at once and flows survive; *restart* waits for the next
start. A file with a problem changes nothing.
`;

/** The whole page. */
export function referenceText(): string {
  const parts = [opening];
  for (const { name, aliases, description, keys, group } of sections) {
    const also = aliases.length === 0 ? '' : `, also ${aliases.map((a) => `[${a}]`).join(', ')}`;
    parts.push(`## [${name}]${also}\n\n${description}\n`);
    parts.push(table(name, schemas(keys), false));
    if (group === undefined) continue;
    parts.push(
      `Keys with an index, for each of the ${group.property}. What has the same index belongs together; gaps are allowed. Without an index a key holds for all; ${group.makers.map((one) => `\`${one}\``).join(' and ')} without one make the first.\n`,
    );
    parts.push(table(name, schemas(group.keys), true));
  }
  const { prefix, description } = interfaceSection;
  const own = schemas(interfaceSection.keys).filter(
    ([key]) => !sections.some(({ keys }) => Object.hasOwn(keys, key)),
  );
  parts.push(
    `## [${prefix}NAME]\n\n${description} Without any, and without \`-I\` and \`-E\`, interfaces and roles are detected.\n`,
  );
  parts.push(table(`${prefix}NAME`, own, false));
  return parts.join('\n');
}

function table(section: string, keys: readonly (readonly [string, TSchema])[], indexed: boolean) {
  const rows = keys.map(([key, schema]) => row(section, key, schema, indexed || isList(schema)));
  return `| key | default | what it is |\n|---|---|---|\n${rows.join('')}`;
}

function row(section: string, key: string, schema: TSchema, indexed: boolean): string {
  const notes = notesOf(schema);
  const variable = variableName(section, key);
  const facts = [
    `*${kindText(notes)}*`,
    `*${notes['x-apply']}*`,
    `\`${variable}${indexed ? '_n' : ''}\``,
    ...(notes['x-netifyd'] === undefined ? [] : [`netifyd: ${notes['x-netifyd']}`]),
    ...(notes['x-aliases'] === undefined ? [] : [`also: ${notes['x-aliases'].join(', ')}`]),
  ];
  const name = `\`${key}${indexed ? '[n]' : ''}\``;
  const text = `${notes.description}<br>${facts.join(' · ')}`.replaceAll('|', '\\|');
  return `| ${name} | ${fallbackText(key, schema)} | ${text} |\n`;
}

function fallbackText(key: string, schema: TSchema): string {
  const notes = notesOf(schema);
  const value = sampleValue(key, schema);
  if (notes.default !== undefined || key === 'listen_path') return `\`${value}\``;
  return value === '' ? 'none' : `none; such as \`${value}\``;
}

/** Kind, unit where the kind does not say it, and bounds. */
function kindText(notes: Annotations): string {
  const kind = notes.enum === undefined ? notes['x-kind'] : `one of ${notes.enum.join(', ')}`;
  const unit = kind === 'integer' && notes['x-unit'] !== undefined ? ` of ${notes['x-unit']}` : '';
  if (notes.minimum === undefined) return `${kind}${unit}`;
  const [least, most] = [notes.minimum, notes.maximum].map((bound) => valueText(bound, notes));
  return `${kind}${unit}, ${least} to ${most}`;
}
