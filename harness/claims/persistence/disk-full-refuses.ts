import { outageIsAnError } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { fillDisk } from '../../nemesis/fill-disk.ts';
import { aofEverysec, off } from '../../system/persistence.ts';
import { everywhere, judgeOf } from '../../system/spec.ts';
import { withHealthProbes } from '../../workload/alongside.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'persistence/disk-full-refuses',
  section: 'AOF',
  statement:
    'Disk full: Redis refuses writes, the API answers 503 with Retry-After within 1 s, what was acknowledged stays; freeing space heals',
  contract: 'effectively-once',
  crashesRedis: true,
  experiment: (random) => ({
    system: judgeOf({
      redis: aofEverysec.redis,
      disk: { sizeMiB: 16, needed: 'always' },
      env: everywhere({ QUEUE_MAX_ATTEMPTS: '10' }),
    }),
    workload: withHealthProbes(submissions(random, { count: 160, ratePerSecond: 30, jobMs: [20, 60] })),
    nemesis: fillDisk(random, { afterMs: [500, 900], fullMs: 2500 }),
    check: rules(nothingLost, allDone, oneResultEach, outageIsAnError(1000)),
  }),
  control: {
    statement: 'a Redis that writes nothing to disk notices nothing, and goes on accepting',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, redis: off.redis } }),
    mustBreak: ['outage-is-an-error'],
  },
} satisfies Claim;
