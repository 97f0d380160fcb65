// Average: an ordinary hour in a minute. The rate rises, stays, and falls; every objective must be met.

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'average',
  peakPerSecond: 20,
  durationMs: 60_000,
  from: 0.1,
  stages: [
    { during: 0.15, to: 1 },
    { during: 0.7, to: 1 },
    { during: 0.15, to: 0.1 },
  ],
});
