import { poisonIsQuarantined } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { poison } from '../../nemesis/poison.ts';
import { everywhere, judgeOf } from '../../system/spec.ts';
import { poisoned } from '../../workload/poisoned.ts';

const attempts = 3;

export default {
  id: 'fault/poison-job-is-quarantined',
  section: 'Fault Tolerance',
  statement:
    'A job that kills its worker each time becomes a dead letter after 3 attempts; the other jobs finish within 1.5 × their fault-free time; a redrive runs it again',
  contract: 'effectively-once',
  needs: ['dead-letters'],
  experiment: (random) => {
    const workload = poisoned(random, { count: 80, ratePerSecond: 25, jobMs: [20, 100], poisonMs: 400 });
    return {
      // One job at a time: else an innocent job beside the poison, three times by chance, would be taken for poison too.
      system: judgeOf({
        workers: 4,
        concurrency: 1,
        env: everywhere({ QUEUE_MAX_ATTEMPTS: String(attempts) }),
      }),
      workload,
      nemesis: poison({ job: workload.poisonId, killsAtMost: attempts + 1, attempts }),
      check: rules(nothingLost, oneResultEach, poisonIsQuarantined(workload.poisonId, attempts, 1.5)),
    };
  },
  control: {
    statement: 'no attempt limit: it keeps killing workers',
    without: (experiment) => ({
      ...experiment,
      system: { ...experiment.system, env: everywhere({ QUEUE_MAX_ATTEMPTS: '0' }) },
    }),
    mustBreak: ['quarantined'],
  },
} satisfies Claim;
