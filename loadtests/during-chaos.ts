// During chaos: workers are killed and Redis restarts under this load. Clients may be refused for moments; what was accepted must
// be judged, and rightly. `npm run load -- during-chaos` injects the faults and joins this account with the system's own.

import { scenario } from './lib/scenario.ts';

export const { options, setup, submit, handleSummary } = scenario({
  name: 'during-chaos',
  peakPerSecond: 20,
  durationMs: 30_000,
  faults: true,
});
