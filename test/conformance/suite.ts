// Everything that is checked on one capture: the published results in reference mode, and in both modes, for
// one, two and four workers, that all packets are accounted for and that the flows are the same.
import type { NdpiFiles } from '../../src/ndpi-node.js';
import { type Analysis, analyse } from './analyse.js';
import { readCapture } from './capture-file.js';
import { compareCapture } from './compare.js';
import { compareRuns, conservationFaults } from './conservation.js';
import { explainDefaultMode } from './default-mode.js';
import type { ExpectedCapture } from './expected.js';
import type { Report } from './report.js';

export interface SuiteCapture {
  name: string;
  path: string;
  files: NdpiFiles;
  expected?: ExpectedCapture;
}

const workerCounts = [1, 2, 4];

export async function checkCapture(
  capture: SuiteCapture,
  workers: number,
  report: Report,
): Promise<void> {
  const { name, path, files, expected } = capture;
  const frames = readCapture(path);
  let inReference: Analysis | undefined;
  for (const reference of [true, false]) {
    const mode = reference ? 'reference' : 'default';
    const runs = new Map<number, Analysis>();
    for (const count of new Set([...workerCounts, workers])) {
      const run = await analyse(path, { reference, workers: count, files });
      runs.set(count, run);
      if (run.failure)
        report.note(name, `${mode}: ${run.failure.message} (byte ${run.failure.offset})`);
      const faults = conservationFaults(frames, run).map((fault) => `${count} workers: ${fault}`);
      report.check(`conservation, ${mode} mode (captures x workers)`, name, faults);
    }
    const one = runs.get(1);
    const asked = runs.get(workers);
    if (!one || !asked) throw new Error('no run');
    if (reference) inReference = one;
    for (const [count, run] of runs) {
      if (count === 1) continue;
      const { flows, labels } = compareRuns(one, run);
      report.check(`same flows as with 1 worker, ${mode} mode (captures x workers)`, name, flows);
      report.labelsByWorkers(`${mode} mode, ${count} workers`, name, one.lines.length, labels);
    }
    if (!expected) continue;
    const library = one.lines[0]?.flow.ndpi.version;
    if (library !== undefined && !library.startsWith('4.2')) {
      report.otherLibrary(library);
    } else if (reference) {
      report.compared(compareCapture(name, expected, asked.lines));
    } else if (inReference) {
      report.defaultMode(await explainDefaultMode(capture, expected, inReference, one));
    }
  }
}
