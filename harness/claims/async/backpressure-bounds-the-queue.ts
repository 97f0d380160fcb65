import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import { queueBounded, refusalsSayWhen } from '../../checker/request-rules.ts';
import type { Claim } from '../../claim.ts';
import { everywhere, judgeOf } from '../../system/spec.ts';
import { withDepthSamples } from '../../workload/alongside.ts';
import { submissions } from '../../workload/submissions.ts';

const cap = 40;

export default {
  id: 'async/backpressure-bounds-the-queue',
  section: 'Asynchronous Processing',
  statement:
    'At the cap the API answers 429 or 503 with Retry-After, the queue never exceeds the cap, accepted jobs all finish',
  contract: 'effectively-once',
  needs: ['cap'],
  experiment: (random) => ({
    system: judgeOf({ env: everywhere({ QUEUE_CAP: String(cap) }) }),
    workload: withDepthSamples(submissions(random, { count: 280, ratePerSecond: 250, jobMs: [40, 60] })),
    check: rules(nothingLost, allDone, oneResultEach, refusalsSayWhen, queueBounded(cap)),
  }),
  control: {
    statement: 'no cap: the queue grows with the offered load',
    without: (experiment) => ({
      ...experiment,
      system: { ...experiment.system, env: everywhere({ QUEUE_CAP: '0' }) },
    }),
    mustBreak: ['queue-bounded'],
  },
} satisfies Claim;
