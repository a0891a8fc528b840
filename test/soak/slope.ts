// The line of least squares through samples, to tell growth from noise.

export interface Slope {
  readonly mean: number;
  /** Change a second. */
  readonly perSecond: number;
  /** Change over the time of the samples, as a part of their mean. */
  readonly growth: number;
}

/** `samples`: [seconds, value], two at least. */
export function slopeOf(samples: readonly (readonly [number, number])[]): Slope {
  const n = samples.length;
  const sum = (of: (sample: readonly [number, number]) => number) =>
    samples.reduce((all, sample) => all + of(sample), 0);
  const meanTime = sum(([time]) => time) / n;
  const mean = sum(([, value]) => value) / n;
  const spread = sum(([time]) => (time - meanTime) ** 2);
  const perSecond =
    spread === 0 ? 0 : sum(([time, value]) => (time - meanTime) * (value - mean)) / spread;
  const length = (samples.at(-1)?.[0] ?? 0) - (samples[0]?.[0] ?? 0);
  return { mean, perSecond, growth: mean === 0 ? 0 : (perSecond * length) / mean };
}
