import { zombiesRefused } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach, redeliveredWithin } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { inTurn } from '../../nemesis/in-turn.ts';
import { killWorkers } from '../../nemesis/kill-workers.ts';
import { pauseWorkers } from '../../nemesis/pause-workers.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const leaseMs = 1000;
const kills = { times: 6, everyMs: [300, 450] } as const;

export default {
  id: 'peer/bring-your-own-queue',
  section: 'Peers',
  statement:
    "A queue from a user's own file (--queue ./my-adapter.ts; without it examples/my-adapter.ts) goes through workers that are killed and paused: nothing lost, one result each, zombies refused, redelivered ≤ 1.5 × lease",
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({
      queue: './examples/my-adapter.ts',
      workers: 3,
      leaseMs,
      env: { worker: { QUEUE_MAX_ATTEMPTS: '10' } },
    }),
    workload: submissions(random, { count: 190, ratePerSecond: 26 }),
    nemesis: inTurn(killWorkers(random, kills), pauseWorkers(random, { times: 2, everyMs: [200, 400] })),
    check: rules(nothingLost, allDone, oneResultEach, zombiesRefused, redeliveredWithin(1.5 * leaseMs)),
  }),
  control: {
    statement: 'an adapter with a planted bug (its reap forgets to queue the job again) is refuted',
    without: (experiment, random) => ({
      ...experiment,
      nemesis: killWorkers(random, kills),
      system: { ...experiment.system, queue: './harness/sight/adapters/forgets-the-requeue.ts' },
    }),
    mustBreak: ['nothing-lost'],
  },
} satisfies Claim;
