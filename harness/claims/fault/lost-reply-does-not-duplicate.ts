import { rules } from '../../checker/finding.ts';
import { allDone, neverTwice, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import { oneJobEach } from '../../checker/resend-rules.ts';
import type { Claim } from '../../claim.ts';
import { loseReplies } from '../../nemesis/lose-replies.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const load = { count: 150, ratePerSecond: 32 } as const;
const triesAtMost = 10;

export default {
  id: 'fault/lost-reply-does-not-duplicate',
  section: 'Fault Tolerance',
  statement:
    'Connections drop after a request was carried out and before its reply (between clients, API, Redis and workers): clients send again, and there is exactly one job for one idempotency key, executed once',
  contract: 'effectively-once',
  experiment: (random) => ({
    // Two APIs: what one has forgotten to say, the other must know.
    system: judgeOf({ apis: 2, proxied: ['client-api', 'api-redis', 'worker-redis'] }),
    workload: submissions(random, { ...load, resend: { key: 'same', triesAtMost } }),
    nemesis: loseReplies(random, { times: 15, everyMs: [150, 300] }),
    check: rules(nothingLost, allDone, oneResultEach, neverTwice, oneJobEach),
  }),
  control: {
    statement: 'clients that send again without the key (each try has another one): two jobs',
    without: (experiment, random) => ({
      ...experiment,
      workload: submissions(random, { ...load, resend: { key: 'fresh', triesAtMost } }),
    }),
    mustBreak: ['one-job-each'],
    mustHold: ['nothing-lost', 'one-result', 'no-duplicate'],
  },
} satisfies Claim;
