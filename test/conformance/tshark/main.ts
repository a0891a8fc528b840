// Conformance with tshark: fingerprints, names and what else both read out of packets, N of M. Exit 1 on any difference
// that is not in exceptions.ts. docs/conformance.md explains the figures.
//   npm run conformance:tshark [-- --only NAME] [--captures DIR] [--published DIR] [--verbose]
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DipperError } from '../../../src/errors.js';
import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import { fieldsOf } from '../../../src/messages/reference/fields.js';
import { analyse } from '../analyse.js';
import { compareCapture } from './compare.js';
import { type Figure, figures, helloFields } from './figures.js';
import { knownFields, readFrames, tsharkVersion } from './frames.js';
import { comparePublished } from './published.js';
import { Report } from './report.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    captures: { type: 'string' },
    published: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const given = resolve(process.env.DIPPER_CAPTURES ?? '../shared/captures');
const golden = resolve(import.meta.dirname, '../../../../test/golden');
const folders =
  values.captures === undefined
    ? [golden, ...['ndpi-4.2', 'snabbwall'].map((name) => join(given, name))].filter(existsSync)
    : [resolve(values.captures)];
const out = (line: string): boolean => process.stdout.write(`${line}\n`);
const report = new Report(values.verbose);
const version = tsharkVersion();

if (values.published !== undefined) {
  report.add(await comparePublished(resolve(values.published)));
  process.exitCode = report.print(false) ? 0 : 1;
} else if (version === undefined) {
  out('conformance: left out, there is no tshark (Debian: apt-get install tshark)');
} else {
  out(version);
  if (values.captures === undefined && folders.length < 3)
    out(`only our own captures: there are none in ${given} (DIPPER_CAPTURES)`);
  await compareAll();
  process.exitCode = report.print(values.only === undefined && folders.length === 3) ? 0 : 1;
}

async function compareAll(): Promise<void> {
  const wanted = [...new Set([...helloFields, ...figures.flatMap(({ fields }) => fields)])];
  const fields = knownFields(wanted);
  const members = new Set(fieldsOf('flow_purge').map(({ path }) => path));
  const asked: Figure[] = [];
  for (const figure of figures) {
    const { name, member } = figure;
    if (!figure.fields.some((field) => fields.includes(field)))
      out(`${name.padEnd(30)} left out: this tshark has none of ${figure.fields.join(', ')}`);
    else if (!members.has(`flow.${member}`))
      out(`${name.padEnd(30)} missing: there is no member flow.${member}`);
    else asked.push(figure);
  }
  const captures = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(pcap|pcapng|cap)$/.test(name) && name.includes(values.only ?? ''))
      .sort()
      .map((name) => join(folder, name)),
  );
  // tshark is a process of its own: while one capture is compared, the next is dissected.
  const dissected = captures.slice(0, 2).map((path) => readFrames(path, fields));
  for (const [i, path] of captures.entries()) {
    const frames = await dissected[i];
    const next = captures[i + 2];
    if (next !== undefined) dissected.push(readFrames(next, fields));
    const lines = await records(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    report.add(compareCapture(name, asked, lines, frames ?? []));
  }
}

/** None for what is no capture; of a damaged one those before the damage. */
async function records(path: string): Promise<readonly FlowPurge[]> {
  try {
    return (await analyse(path, { reference: false, workers: 1, files: {} })).lines;
  } catch (error) {
    if (error instanceof DipperError && error.exitCode === 65) return [];
    throw error;
  }
}
