import { rules } from '../../checker/finding.ts';
import { fifo } from '../../checker/order-rules.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'queue/fifo',
  section: 'Queue Implementation; Pushing / Popping',
  statement: 'One worker finishes jobs in the order in which they were acknowledged',
  contract: 'effectively-once',
  beside: true,
  experiment: (random) => ({
    system: judgeOf({ workers: 1, concurrency: 1 }),
    workload: submissions(random, { count: 70, ratePerSecond: 200, jobMs: [5, 45], inTurn: true }),
    check: rules(nothingLost, allDone, oneResultEach, fifo('acked')),
  }),
  control: {
    statement: 'two workers: the order of completion differs',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, workers: 2 } }),
    mustBreak: ['fifo'],
  },
} satisfies Claim;
