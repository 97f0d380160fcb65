import { lossesAreRecent, resumedWithin } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { cutPower } from '../../nemesis/endings.ts';
import { restartRedis } from '../../nemesis/restart-redis.ts';
import { aofAlways, aofEverysec } from '../../system/persistence.ts';
import { everywhere, judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'persistence/queue-through-power-cut',
  section: 'Final Architecture',
  statement:
    'The whole judge through power cuts, with AOF always: no accepted submission lost, each has exactly one result',
  contract: 'effectively-once',
  crashesRedis: true,
  experiment: (random) => ({
    system: judgeOf({
      redis: aofAlways.redis,
      disk: { sizeMiB: 64, needed: 'always' },
      env: everywhere({ QUEUE_MAX_ATTEMPTS: '10' }),
    }),
    workload: submissions(random, { count: 160, ratePerSecond: 30 }),
    nemesis: restartRedis(random, { times: 4, everyMs: [1100, 1500], downMs: 100, ending: cutPower }),
    check: rules(nothingLost, allDone, oneResultEach, resumedWithin(2000), lossesAreRecent(2000)),
  }),
  control: {
    statement:
      '`everysec` under the same cuts: accepted submissions are lost, but none that is older than 2 s',
    without: (experiment) => ({
      ...experiment,
      system: { ...experiment.system, redis: aofEverysec.redis },
    }),
    mustBreak: ['nothing-lost'],
    mustHold: ['losses-are-recent'],
  },
} satisfies Claim;
