import { fileURLToPath } from 'node:url';
import { sharesEvenly } from '../../checker/balance-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const workers = 4;
const pushing = fileURLToPath(new URL('../../controls/push-round-robin.ts', import.meta.url));

export default {
  id: 'balance/pull-evens-unequal-jobs',
  section: 'Load Balancing',
  statement:
    'Workers that pull share skewed jobs: the makespan is at most 1.25 × its lower bound, the larger of total / workers and the longest job',
  contract: 'effectively-once',
  alone: true,
  experiment: (random) => ({
    system: judgeOf({ workers, concurrency: 1 }),
    workload: submissions(random, {
      count: 120,
      ratePerSecond: 400,
      jobMs: [6, 24],
      long: { every: workers, jobMs: [90, 150], strays: 0.2 },
      // One after the other, so that they come to the queue in the order of the plan.
      inTurn: true,
      steadyCount: 4 * workers,
    }),
    check: rules(
      sharesEvenly({ workers, mostRatio: 1.25, unevenRatio: 1.5 }),
      nothingLost,
      allDone,
      oneResultEach,
    ),
  }),
  control: {
    statement: 'the same jobs, pushed to the same workers in turn: at least 1.5 ×',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, queue: pushing } }),
    mustBreak: ['unevenly-shared'],
    mustHold: ['nothing-lost', 'all-done', 'one-result'],
  },
} satisfies Claim;
