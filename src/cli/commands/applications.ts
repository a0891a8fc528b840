// `dipper applications check` and `test`: what is wrong with definition files, and what a changed one would change.
import type { Problem } from '../../applications/definitions.js';
import { loadDefinitions } from '../../applications/load.js';
import { problemLine } from '../../applications/problems.js';
import { exitCodes } from '../../errors.js';
import type { Change } from '../application-changes.js';
import { type Command, type CommandGroup, usageError } from '../command.js';
import { countOf, definitionSources, definitionsOptions, withFile } from '../definitions.js';

const check: Command = {
  spec: {
    name: 'applications check',
    summary: 'Names every problem of definition files, with file, line and reason.',
    usage: '[options] [FILE...]',
    examples: [
      ['dipper applications check', 'the files that the daemon reads'],
      ['dipper applications check mine.conf', 'this file, read behind them'],
    ],
    options: [
      { flags: '--notes', description: 'also what is overridden by a later file, as it should be' },
      { flags: '--json', description: 'NDJSON, an object for each problem' },
      ...definitionsOptions,
    ],
    exitCodes: [
      [0, 'no errors; there may be warnings'],
      [64, 'usage'],
      [65, 'errors: something in the files is not used'],
      [66, 'no such file'],
      [78, 'the configuration has problems'],
    ],
  },
  async run(values, operands, io) {
    let sources = await definitionSources(values, io);
    for (const file of operands) sources = await withFile(sources, file);
    const { applications, rules, domainLists, files, problems } = await loadDefinitions(sources);
    const shown = problems.filter(
      ({ file, severity }) =>
        (operands.length === 0 || operands.includes(file)) &&
        (severity !== 'note' || values.notes === true),
    );
    if (values.json === true) {
      await io.stdout.write(shown.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
    } else {
      const domains = domainLists.reduce((sum, list) => sum + list.domains.length, 0);
      await io.stdout.write(
        `${shown.map((problem) => `${problemLine(problem)}\n`).join('')}` +
          `${files.length} files: ${applications.length} applications, ${rules.length} rules, ` +
          `${domains} domains in lists; ${countsText(shown)}\n`,
      );
    }
    return countOf(shown, 'error') > 0 ? exitCodes.badInput : exitCodes.ok;
  },
};

const test: Command = {
  spec: {
    name: 'applications test',
    summary: 'Which flows of a capture a changed definition file would name otherwise.',
    usage: '[options] FILE CAPTURE',
    examples: [
      ['dipper applications test mine.conf day.pcap', 'with a new file behind the others'],
      ['dipper applications test ./20-ai.conf day.pcap', 'with it in the place of ours'],
    ],
    options: [
      { flags: '--json', description: 'NDJSON, an object for each change' },
      ...definitionsOptions,
    ],
    exitCodes: [
      [0, 'compared, whatever changes'],
      [64, 'usage'],
      [65, 'the file has errors, or the capture is damaged'],
      [66, 'no such file'],
      [78, 'the configuration has problems'],
    ],
  },
  async run(values, operands, io) {
    const [file, capture, ...more] = operands;
    if (file === undefined || capture === undefined || more.length > 0)
      throw usageError('applications test', 'name a definition file and a capture');
    const sources = await definitionSources(values, io);
    const before = await loadDefinitions(sources);
    const after = await loadDefinitions(await withFile(sources, file));
    const errors = after.problems.filter((p) => p.file === file && p.severity === 'error');
    for (const problem of errors) io.stderr.write(`dipper: ${problemLine(problem)}\n`);
    const { changesIn } = await import('../application-changes.js');
    const { flows, changes } = await changesIn(capture, before, after);
    if (values.json === true)
      await io.stdout.write(changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
    else {
      const changed = changes.reduce((sum, change) => sum + change.flows, 0);
      await io.stdout.write(
        `${changes.map(changeLine).join('')}${changed} of ${flows} flows change\n`,
      );
    }
    return errors.length > 0 ? exitCodes.badInput : exitCodes.ok;
  },
};

function changeLine({ before, after, flows, bytes, example, rule, file, line }: Change): string {
  const reason = rule === undefined ? '' : ` by ${rule}  ${file}:${line}`;
  return `${before} -> ${after}: ${flows} flows, ${bytes} bytes; ${example}${reason}\n`;
}

const countsText = (problems: readonly Problem[]) =>
  `${countOf(problems, 'error')} errors, ${countOf(problems, 'warning')} warnings`;

export const command: CommandGroup = {
  name: 'applications',
  summary: 'The definitions of applications.',
  commands: { check, test },
};
