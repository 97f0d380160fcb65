// Soak: the same load for long. What leaks, fills up or grows shows only with time.

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'soak',
  peakPerSecond: 15,
  durationMs: 30 * 60_000,
});
