// Spike: the contest opens. Ten times the load within a moment, for a while, and back: is the burst absorbed?

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'spike',
  peakPerSecond: 60,
  durationMs: 40_000,
  from: 0.1,
  stages: [
    { during: 0.3, to: 0.1 },
    { during: 0.02, to: 1 },
    { during: 0.26, to: 1 },
    { during: 0.02, to: 0.1 },
    { during: 0.4, to: 0.1 },
  ],
});
