// `dipper applications check` and `test`: what is wrong with definition files, and what a changed one would change.
import type { Problem } from '../../applications/definitions.js';
import { loadDefinitions } from '../../applications/load.js';
import { problemLine } from '../../applications/problems.js';
import { exitCodes } from '../../errors.js';
import type { Command, CommandGroup } from '../command.js';
import { countOf, definitionSources, definitionsOption, withFile } from '../definitions.js';

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
      definitionsOption,
    ],
    exitCodes: [
      [0, 'no errors; there may be warnings'],
      [64, 'usage'],
      [65, 'errors: something in the files is not used'],
      [66, 'no such file'],
    ],
  },
  async run(values, operands, io) {
    let sources = await definitionSources(values);
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

const countsText = (problems: readonly Problem[]) =>
  `${countOf(problems, 'error')} errors, ${countOf(problems, 'warning')} warnings`;

export const command: CommandGroup = {
  name: 'applications',
  summary: 'The definitions of applications.',
  commands: { check },
};
