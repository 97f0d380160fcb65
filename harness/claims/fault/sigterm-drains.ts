import { drainedWithin } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, noRedelivery, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { terminateWorkers } from '../../nemesis/terminate-workers.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const graceMs = 5000;
const terminations = { times: 6, everyMs: [300, 500], graceMs } as const;

export default {
  id: 'fault/sigterm-drains',
  section: 'Fault Tolerance',
  statement: 'SIGTERM under load: workers finish what they hold, no redelivery, exit 0 within the grace time',
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({ workers: 3, env: { worker: { DRAIN_GRACE_MS: String(graceMs) } } }),
    workload: submissions(random, { count: 130, ratePerSecond: 24 }),
    nemesis: terminateWorkers(random, { ...terminations, signal: 'SIGTERM' }),
    check: rules(nothingLost, allDone, oneResultEach, noRedelivery, drainedWithin(graceMs)),
  }),
  control: {
    statement: 'SIGKILL of the same workers: redeliveries',
    without: (experiment, random) => ({
      ...experiment,
      nemesis: terminateWorkers(random, { ...terminations, signal: 'SIGKILL' }),
    }),
    mustBreak: ['no-redelivery'],
  },
} satisfies Claim;
