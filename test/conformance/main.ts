// Conformance: what Dipper says of captures with known answers, N of M. Exit 1 on any difference that is not in
// exceptions.ts. docs/conformance.md explains the figures.
//   npm run conformance [-- --workers N] [--only NAME] [--suite DIR] [--verbose]
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { NdpiFiles } from '../../src/ndpi-node.js';
import { type ExpectedCapture, loadExpected } from './expected.js';
import { Report } from './report.js';
import { parseResult } from './result-file.js';
import { runSnabbWall } from './snabbwall.js';
import { checkCapture, type SuiteCapture } from './suite.js';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1' },
    only: { type: 'string' },
    suite: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const workers = Number(values.workers);
const only = (name: string): boolean => values.only === undefined || name.includes(values.only);
const captures = resolve(process.env.DIPPER_CAPTURES ?? '../shared/captures');

if (values.suite === undefined && !existsSync(captures)) {
  process.stdout.write(`conformance: left out, no captures in ${captures} (DIPPER_CAPTURES)\n`);
} else {
  const report = new Report(values.verbose);
  const suite = values.suite === undefined ? published(captures) : layout(resolve(values.suite));
  for (const capture of suite.filter(({ name }) => only(name))) {
    await checkCapture(capture, workers, report);
  }
  if (values.suite === undefined) await checkSnabbWall(report);
  process.exitCode = report.print(values.only === undefined && values.suite === undefined) ? 0 : 1;
}

/** The captures whose results are parsed already. */
function published(folder: string): SuiteCapture[] {
  const files = ndpiFiles(join(folder, 'ndpi-4.2', 'cfg'));
  const expected = loadExpected(join(folder, 'ndpi-4.2', 'expected.json'));
  return [...expected].map(([name, answer]) => ({
    name,
    path: join(folder, 'ndpi-4.2', name),
    files,
    expected: answer,
  }));
}

/** A folder in nDPI's own layout: pcap/NAME, result/NAME.out, cfg/ with the five files. */
function layout(folder: string): SuiteCapture[] {
  const files = ndpiFiles(join(folder, 'cfg'));
  const names = readdirSync(join(folder, 'pcap')).sort();
  return names
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => {
      const result = join(folder, 'result', `${name}.out`);
      const expected: ExpectedCapture | undefined = existsSync(result)
        ? parseResult(result)
        : undefined;
      return { name, path: join(folder, 'pcap', name), files, ...(expected ? { expected } : {}) };
    });
}

function ndpiFiles(folder: string): NdpiFiles {
  return {
    protocols: join(folder, 'protos.txt'),
    categories: join(folder, 'categories.txt'),
    riskyDomains: join(folder, 'risky_domains.txt'),
    ja3: join(folder, 'ja3_fingerprints.csv'),
    certificates: join(folder, 'sha1_fingerprints.csv'),
  };
}

async function checkSnabbWall(report: Report): Promise<void> {
  const cli = resolve(import.meta.dirname, '../../src/cli/main.js');
  const results = await runSnabbWall(join(captures, 'snabbwall'), cli, only);
  for (const { capture, missing, exitCode } of results) {
    const faults = missing.map((name) => `${name} is not among the names`);
    if (exitCode !== 0) faults.push(`exit code ${exitCode}`);
    report.check("SnabbWall's expectations (captures)", capture, faults);
  }
}
