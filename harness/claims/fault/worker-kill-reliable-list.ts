import { rules } from '../../checker/finding.ts';
import {
  allDone,
  nothingLost,
  oneResultEach,
  redeliveredWithin,
  rightVerdicts,
} from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { killWorkers } from '../../nemesis/kill-workers.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const leaseMs = 1000;

export default {
  id: 'fault/worker-kill-reliable-list',
  section: 'Fault Tolerance',
  statement:
    'Workers SIGKILLed mid-job: no accepted job lost, each has exactly one recorded result, p99 from kill to redelivery ≤ 1.5 × lease',
  contract: 'effectively-once',
  experiment: (random) => ({
    // Ten attempts, so that a job that is hit by three kills by chance is not taken for poison.
    system: judgeOf({ workers: 3, leaseMs, env: { worker: { QUEUE_MAX_ATTEMPTS: '10' } } }),
    workload: submissions(random, { count: 200, ratePerSecond: 32 }),
    nemesis: killWorkers(random, { times: 11, everyMs: [380, 500] }),
    check: rules(nothingLost, allDone, oneResultEach, rightVerdicts, redeliveredWithin(1.5 * leaseMs)),
  }),
  control: {
    statement: '`list` under the same plan loses jobs',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, queue: 'list' } }),
    mustBreak: ['nothing-lost'],
  },
} satisfies Claim;
