// Smoke: does it work at all? Every program in turn, at a walking pace. Run it first, and after every deployment.

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'smoke',
  peakPerSecond: 5,
  durationMs: 10_000,
  deal: 'in-turn',
});
