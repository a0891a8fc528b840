// Measures two commands alternately, so that whatever else the machine does strikes both, and takes medians.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { benchFolder } from './set-up.js';

export interface Measure {
  exit_code: number;
  wall_s: number;
  user_s: number;
  system_s: number;
  peak_rss_kib: number;
  peak_anonymous_kib: number;
}

export function measure(command: readonly string[]): Measure {
  const line = execFileSync(join(benchFolder, 'measure'), command, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const result = JSON.parse(line.slice(line.lastIndexOf('{'))) as Measure;
  if (result.exit_code !== 0) {
    throw new Error(`${command.join(' ')} ended with exit code ${result.exit_code}`);
  }
  return result;
}

export interface Pairs {
  pairs: number;
  one: Measure;
  two: Measure;
  /** Median over the pairs of (wall of two) / (wall of one), and their range. */
  ratio: number;
  ratios: number[];
}

export function comparePairs(one: readonly string[], two: readonly string[], pairs: number): Pairs {
  const ones: Measure[] = [];
  const twos: Measure[] = [];
  // Both once before, so that neither is the one that reads the capture from disk.
  measure(one);
  measure(two);
  for (let pair = 0; pair < pairs; pair++) {
    ones.push(measure(one));
    twos.push(measure(two));
  }
  const ratios = ones.map(({ wall_s }, index) => (twos[index]?.wall_s ?? 0) / wall_s);
  return { pairs, one: medians(ones), two: medians(twos), ratio: median(ratios), ratios };
}

function medians(list: readonly Measure[]): Measure {
  const of = (name: keyof Measure): number => median(list.map((item) => item[name]));
  return {
    exit_code: 0,
    wall_s: of('wall_s'),
    user_s: of('user_s'),
    system_s: of('system_s'),
    peak_rss_kib: of('peak_rss_kib'),
    peak_anonymous_kib: of('peak_anonymous_kib'),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, two) => one - two);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
