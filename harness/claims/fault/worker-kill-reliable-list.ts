import { allDone } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { elevenKills, listLosesJobs, workerKill } from '../worker-kill.ts';

export default {
  id: 'fault/worker-kill-reliable-list',
  section: 'Fault Tolerance',
  statement:
    'Workers SIGKILLed mid-job: no accepted job lost, each has exactly one recorded result, p99 from kill to redelivery ≤ 1.5 × lease',
  contract: 'effectively-once',
  // Ten attempts, so that a job that is hit by three kills by chance is not taken for poison.
  experiment: workerKill({ queue: 'reliable-list', kills: elevenKills, maxAttempts: 10, also: [allDone] }),
  control: listLosesJobs,
} satisfies Claim;
