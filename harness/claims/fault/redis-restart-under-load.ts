import { resumedWithin } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { restartRedis } from '../../nemesis/restart-redis.ts';
import { everywhere, judgeOf, persistent, volatile } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'fault/redis-restart-under-load',
  section: 'Fault Tolerance',
  statement:
    'Redis SIGKILLed and restarted (AOF always) under load, four times: no acknowledged job lost, services reconnect by themselves, first job done ≤ 2 s after Redis is back',
  contract: 'effectively-once',
  crashesRedis: true,
  experiment: (random) => ({
    system: judgeOf({ workers: 2, redis: persistent, env: everywhere({ QUEUE_MAX_ATTEMPTS: '10' }) }),
    workload: submissions(random, { count: 190, ratePerSecond: 32 }),
    nemesis: restartRedis(random, { times: 4, everyMs: [900, 1300], downMs: 300 }),
    check: rules(nothingLost, allDone, oneResultEach, resumedWithin(2000)),
  }),
  control: {
    statement: 'persistence off: acknowledged jobs are lost',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, redis: volatile } }),
    mustBreak: ['nothing-lost'],
  },
} satisfies Claim;
