import { rules } from '../../checker/finding.ts';
import { lossShows, neverTwice } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { killWorkers } from '../../nemesis/kill-workers.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const concurrency = 2;

export default {
  id: 'fault/worker-kill-list',
  section: 'Fault Tolerance',
  statement:
    'The naive queue is at-most-once: workers SIGKILLed mid-job lose what they hold, at most kills × jobs in hand, and never run a job twice',
  contract: 'at-most-once',
  experiment: (random) => ({
    system: judgeOf({ queue: 'list', workers: 3, concurrency }),
    workload: submissions(random, { count: 200, ratePerSecond: 32 }),
    nemesis: killWorkers(random, { times: 11, everyMs: [380, 500] }),
    check: rules(lossShows(concurrency), neverTwice),
  }),
  control: {
    statement: 'no kill: none lost',
    without: ({ nemesis: _, ...experiment }) => experiment,
    mustBreak: ['loss-shows'],
  },
} satisfies Claim;
