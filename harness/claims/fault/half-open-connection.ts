import { rules } from '../../checker/finding.ts';
import { noticedWithin } from '../../checker/half-open-rules.ts';
import { allDone, nothingLost, oneResultEach, redeliveredWithin } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { halfOpen } from '../../nemesis/half-open.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const leaseMs = 1000;
const noticeMs = 5000;

export default {
  id: 'fault/half-open-connection',
  section: 'Fault Tolerance',
  statement:
    "A worker's connections go silent, their sockets open: no accepted job is lost, each has exactly one recorded result, p99 from silence to redelivery ≤ 1.5 × lease, and the worker is back at work by itself within 5 s",
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({
      workers: 4,
      leaseMs,
      proxied: ['worker-redis'],
      env: { worker: { QUEUE_MAX_ATTEMPTS: '10' } },
    }),
    workload: submissions(random, { count: 150, ratePerSecond: 32 }),
    nemesis: halfOpen(random, { times: 3, everyMs: [200, 500], patienceMs: noticeMs + 1000 }),
    check: rules(
      nothingLost,
      allDone,
      oneResultEach,
      redeliveredWithin(1.5 * leaseMs, 'half-open'),
      noticedWithin(noticeMs),
    ),
  }),
  control: {
    statement: '`list`: a job that is popped into the silence vanishes',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, queue: 'list' } }),
    mustBreak: ['nothing-lost'],
    mustHold: ['noticed-in-time'],
  },
} satisfies Claim;
