import { outageIsAnError, resumedWithin } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { restartRedis } from '../../nemesis/restart-redis.ts';
import { everywhere, judgeOf, persistent } from '../../system/spec.ts';
import { withHealthProbes } from '../../workload/alongside.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'fault/redis-outage-is-an-error-not-a-hang',
  section: 'Fault Tolerance',
  statement:
    'Redis gone for 10 s: the API answers 503 with Retry-After within 1 s, liveness stays up, readiness goes down; on return all recovers without a restart',
  contract: 'effectively-once',
  crashesRedis: true,
  beside: true,
  experiment: (random) => ({
    system: judgeOf({ redis: persistent, env: everywhere({ QUEUE_MAX_ATTEMPTS: '10' }) }),
    workload: withHealthProbes(submissions(random, { count: 240, ratePerSecond: 22, jobMs: [20, 60] })),
    nemesis: restartRedis(random, { times: 1, everyMs: [300, 600], downMs: 10_000 }),
    check: rules(nothingLost, oneResultEach, outageIsAnError(1000), resumedWithin(2000)),
  }),
  control: {
    statement: "the client library's default options: requests hang",
    without: (experiment) => ({
      ...experiment,
      system: { ...experiment.system, env: { ...experiment.system.env, api: { REDIS_CLIENT: 'defaults' } } },
    }),
    mustBreak: ['outage-is-an-error'],
  },
} satisfies Claim;
