// What two workers can give: processor time of each thread of the data plane, with one worker and with two. Processor
// time says what a busy machine hides from wall time: which thread is the bound.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchFolder, text } from './set-up.js';

interface Threads {
  /** Processor seconds: taking lines, each worker, reading and decoding. */
  main_s: number;
  workers_s: number[];
  reader_s: number;
}

export interface Scaling {
  one: Threads;
  two: Threads;
  /** One worker's longest thread over two workers', with a processor for each thread. */
  ratio_with_free_processors: number;
  /** The same where all threads share this machine's processors evenly: no more is possible here. */
  ratio_on_this_machine: number;
}

function threads(capture: string, workers: number): Threads {
  const bench = join(benchFolder, 'engine-bench');
  const printed = execFileSync(bench, ['--workers', String(workers), capture], {
    encoding: 'utf8',
  });
  const { thread_cpu_s: times } = JSON.parse(printed) as { thread_cpu_s: number[] };
  return {
    main_s: times[0] ?? 0,
    workers_s: times.slice(1, -1),
    reader_s: times[times.length - 1] ?? 0,
  };
}

export function measureScaling(capture: string): Scaling {
  const one = threads(capture, 1);
  const two = threads(capture, 2);
  const longest = ({ main_s, workers_s, reader_s }: Threads): number =>
    Math.max(main_s, reader_s, ...workers_s);
  const sum = ({ main_s, workers_s, reader_s }: Threads): number =>
    workers_s.reduce((total, time) => total + time, main_s + reader_s);
  const wall = (t: Threads): number => Math.max(longest(t), sum(t) / cpus().length);
  return {
    one,
    two,
    ratio_with_free_processors: longest(one) / longest(two),
    ratio_on_this_machine: wall(one) / wall(two),
  };
}

export function scalingText(title: string, { one, two, ...ratios }: Scaling): void {
  const row = (t: Threads): string =>
    `workers ${t.workers_s.map((time) => time.toFixed(2)).join(' and ')} s, ` +
    `reader ${t.reader_s.toFixed(2)} s, lines taken ${t.main_s.toFixed(2)} s`;
  text(`${title}, processor time of the data plane's threads`);
  text(`  one worker   ${row(one)}`);
  text(`  two workers  ${row(two)}`);
  text(
    `  so two are at most ${ratios.ratio_with_free_processors.toFixed(2)} times as fast with a processor for each thread, ` +
      `${ratios.ratio_on_this_machine.toFixed(2)} on ${cpus().length} processors`,
  );
}
