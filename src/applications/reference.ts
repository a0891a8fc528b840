// docs/reference/applications.md, made from definitions: the stable ids of the applications, and their categories.
import type { Definitions } from './definitions.js';

/** The whole page. `definitions` are the package's own alone. */
export function applicationsPage({ applications, categories }: Definitions): string {
  const count = (word: string) =>
    applications.filter(({ category }) => category === word).length.toString();
  return [
    `# Applications and their categories

Made from the definition files in \`etc/dipper/applications.d\` (\`npm run docs\`); a test compares. Ids are stable: they are
never given to another application. Applications of your own files come beside them.

## Categories
`,
    table(
      ['category', 'what is in it', 'applications'],
      categories.map(({ word, description }) => [word, description, count(word)]),
    ),
    `## Applications

\`detected_application\` is the id, \`detected_application_name\` the tag; 0 and \`Unknown\` where there is none.
`,
    table(
      ['id', 'tag', 'name', 'category'],
      applications.map(({ id, tag, name, category }) => [String(id), tag, name, category]),
    ),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}
