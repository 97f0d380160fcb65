// Breakpoint: one step of the search for the highest rate that meets every objective. `npm run load -- breakpoint` drives the
// search: it doubles the rate from step to step until an objective is missed, then halves the gap.

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'breakpoint',
  peakPerSecond: 20,
  durationMs: 8000,
});
