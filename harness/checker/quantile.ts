// Quantiles by the nearest rank: always one of the samples, never an interpolation. Pure.

/** @param q from 0 to 1. @returns NaN for no samples */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = Float64Array.from(samples).sort();
  // Less a hair: 0.07 × 100 is 7.000000000000001 in floating point, and its rank is 7.
  const rank = Math.ceil(q * sorted.length * (1 - Number.EPSILON * 4));
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1]!;
}

/** For evidence: ms with one digit after the point. */
export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
