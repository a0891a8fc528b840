// docs/migration-from-netifyd.md: prose, and tables made from the options, the schema and the keys without meaning.
import { optionForms } from './command-line-help.js';
import { optionRows } from './command-line-options.js';
import { legacyKeys, legacySections } from './legacy.js';
import { isList, notesOf, schemas } from './sample.js';
import { interfaceSection, sections } from './schema/index.js';

const opening = `# Migration from netifyd

Made by \`npm run docs\`; a test compares.

1. Stop netifyd, start dipperd with the same options: \`dipperd -R -I br-lan -E eth0\`. The names of 3.07 and of 4.x work,
   short and long, in clusters too. What has no meaning here is accepted with one line in the log.
2. Keep the configuration: \`dipperd -c /etc/netifyd.conf\`. Sections and keys have the same names, in the spelling of 3.x
   (\`[flow_hash_cache]\`) or of 4.x (\`[flow-hash-cache]\`). \`dipper config check /etc/netifyd.conf\` names what is
   misspelt, which netifyd passes over in silence.
3. Clients connect where they did when \`listen_path[n]\`, \`listen_address[n]\` and \`listen_port[n]\` say so. Framing and
   messages are netifyd's; what is new comes in addition.

## What is different

| netifyd | here |
|---|---|
| reads \`/etc/netifyd.conf\` | reads \`/etc/dipperd.conf\`, or the file of \`-c\` |
| state in \`/etc/netify.d\` and \`/var/run/netifyd\`, fixed in 3.x | \`/var/lib/dipperd\` and \`/run/dipperd\`; \`path_state_persistent\` and \`path_state_volatile\` set them |
| no listener without a configuration | \`/run/dipperd/dipperd.sock\`; an empty \`listen_path[0]\` turns it off |
| an index with address and path: the path is lost (3.07) | two listeners |
| the list of listeners ends at the first missing index | gaps are allowed |
| any client on the network reads all | a TCP listener beyond the loopback needs \`tls_cert\` and \`tls_key\`, or a token, or \`insecure = yes\` |
| \`-i\` is overwritten by the file (3.07) | the command line wins over the file |
| always promiscuous | \`promiscuous = yes\` where a mirror port needs it |
| a misspelt key is passed over | an error with file, line and the nearest name; exit 78 |
| \`regex_search\` works on the whole JSON text, letter case aside | on the fields that \`regex_fields[n]\` names, letter case aside; \`$1\` in the replacement as there |
| \`max_flows = 0\` is no limit | 0 is the default: every table has a bound |
| closed TCP flows end after \`ttl_idle_flow\` | after \`ttl_closed_tcp_flow\` |
| a key given twice: the last holds | an error with both lines |
| HUP is ignored (3.07) | HUP or \`dipper reload\` reads the file again; flows survive |

Values: what netifyd reads, and units. Inline comments begin with \`;\` or \`#\`; a value with these signs stands in quotes.
The expansion of \`\${path_state_volatile}\` and \`\${path_state_persistent}\` is that of 4.x. The words \`pcap\`, \`tpv3\` and
\`auto\` of \`capture_type\` are read as \`packet-ring\`, every \`fanout_mode\` but \`none\` as \`hash\`: the others tear flows
apart. There is no NFQUEUE source. \`plugins.d\`, \`interfaces.d\` and \`profiles.d\` are not read.

`;

/** The whole page. */
export function migrationText(): string {
  return [
    opening,
    '## Options\n\n| option | netifyd | here |\n|---|---|---|\n',
    ...optionRows.filter(({ netifyd }) => netifyd !== undefined).map(optionRow),
    '\nOptions of Dipper alone: ',
    optionRows
      .filter(({ netifyd }) => netifyd === undefined)
      .map((row) => `\`${optionForms(row)}\``)
      .join(', '),
    '.\n\n## Keys with the same meaning\n\n',
    'Defaults and bounds are in the [reference](reference/configuration.md).\n\n',
    '| section | key | netifyd |\n|---|---|---|\n',
    ...sections.flatMap(({ name, keys, group }) => [
      ...keyRows(name, keys, false),
      ...keyRows(name, group?.keys ?? {}, true),
    ]),
    ...keyRows(`${interfaceSection.prefix}NAME`, ownKeys(), false),
    '\n## Keys without meaning\n\nAccepted with one notice each.\n\n',
    '| section | key | why |\n|---|---|---|\n',
    ...Object.entries(legacyKeys)
      .filter(([section]) => section !== 'capture_defaults_tpv3')
      .flatMap(([section, keys]) => Object.entries(keys).map((row) => legacyRow(section, ...row))),
    ...legacySections.map(({ shown, why }) => `| \`${shown}\` | all | ${why} |\n`),
  ].join('');
}

function optionRow(row: (typeof optionRows)[number]): string {
  const { action, help, netifyd } = row;
  const meaning = 'why' in action ? `no meaning: ${action.why}` : (help ?? '');
  const forms = `\`${optionForms(row)}\``;
  return `| ${forms} | ${netifyd} | ${meaning.replaceAll('|', '\\|')} |\n`;
}

function ownKeys(): object {
  const inherited = sections.flatMap(({ keys }) => Object.keys(keys));
  return Object.fromEntries(
    Object.entries(interfaceSection.keys).filter(([key]) => !inherited.includes(key)),
  );
}

function keyRows(section: string, keys: object, indexed: boolean): string[] {
  return schemas(keys).flatMap(([key, schema]) => {
    const from = notesOf(schema)['x-netifyd'];
    const name = `${key}${indexed || isList(schema) ? '[n]' : ''}`;
    return from === undefined ? [] : [`| \`${section}\` | \`${name}\` | ${from} |\n`];
  });
}

function legacyRow(property: string, key: string, why: string): string {
  const section =
    sections.find((one) => one.property === property)?.name ?? `${interfaceSection.prefix}NAME`;
  return `| \`${section}\` | \`${key}\` | ${why} |\n`;
}
