// docs/reference/protocols.md: the names and ids of a libndpi, as tables. Who calls it asks the library.

interface Named {
  readonly id: number;
  readonly name: string;
}

export interface LibraryNames {
  readonly protocols: readonly (Named & {
    /** Id of its category. */
    readonly category: number;
    readonly application: boolean;
  })[];
  readonly categories: readonly Named[];
  readonly risks: readonly Named[];
}

/** The whole page, for the library of `version`. */
export function namesPage(version: string, names: LibraryNames): string {
  const category = new Map(names.categories.map(({ id, name }) => [id, name]));
  const kind = (application: boolean) =>
    names.protocols
      .filter((row) => row.application === application)
      .map(({ id, name, category: of }) => [String(id), name, category.get(of) ?? '']);
  const plain = (rows: readonly Named[]) => rows.map(({ id, name }) => [String(id), name]);
  return [
    `# Names of libndpi ${version}

Made from the library (\`npm run docs\`). Ids differ between its releases: programs should go by the names. What the
installed library has print \`dipper list protocols\`, \`dipper list categories\` and \`dipper list risks\`.
`,
    `## Protocols\n\n\`detected_protocol_name\`, \`ndpi.master\`.\n\n${table(['id', 'name', 'category'], kind(false))}`,
    `## Applications\n\n\`ndpi.app\`: carried by a protocol, known by names and addresses.\n\n${table(['id', 'name', 'category'], kind(true))}`,
    `## Categories\n\n\`ndpi.category\`.\n\n${table(['id', 'name'], plain(names.categories))}`,
    `## Risks\n\n\`ndpi.risks\`.\n\n${table(['id', 'name'], plain(names.risks))}`,
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}
