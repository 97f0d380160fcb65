// Stress: more than on an ordinary day, in steps, and for a while. Where do the objectives begin to give?

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'stress',
  peakPerSecond: 50,
  durationMs: 90_000,
  from: 0.25,
  stages: [
    { during: 0.2, to: 0.25 },
    { during: 0.05, to: 0.5 },
    { during: 0.2, to: 0.5 },
    { during: 0.05, to: 1 },
    { during: 0.4, to: 1 },
    { during: 0.1, to: 0 },
  ],
});
