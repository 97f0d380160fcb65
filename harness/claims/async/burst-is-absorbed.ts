import { rules } from '../../checker/finding.ts';
import { fifo } from '../../checker/order-rules.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import { noFailedRequest } from '../../checker/request-rules.ts';
import type { Claim } from '../../claim.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const jobMs = 25;
const slots = 2;
/** What the workers could do at the very most. */
const capacityPerSecond = (slots * 1000) / jobMs;

export default {
  id: 'async/burst-is-absorbed',
  section: 'Asynchronous Processing',
  statement: 'A burst of 10 × capacity is accepted in full and drained in FIFO order',
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({ workers: 1, concurrency: slots }),
    workload: submissions(random, {
      count: 170,
      ratePerSecond: 10 * capacityPerSecond,
      jobMs: [jobMs, jobMs],
      patienceMs: 2000,
    }),
    check: rules(noFailedRequest, nothingLost, allDone, oneResultEach, fifo('claimed')),
  }),
  control: {
    statement: 'the code runs in the API process: requests time out',
    without: (experiment) => ({
      ...experiment,
      system: judgeOf({ workers: 0, env: { api: { API_MODE: 'inline' } } }),
    }),
    mustBreak: ['no-failed-request'],
  },
} satisfies Claim;
