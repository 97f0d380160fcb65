import { deadAfterKills } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { listLosesJobs, workerKill } from '../worker-kill.ts';

// As BullMQ ships (maxStalledCount 1): the second worker that dies with a job takes the job with it.
const killsAJobSurvives = 1;

export default {
  id: 'fault/worker-kill-bullmq',
  section: 'Fault Tolerance',
  statement:
    'The same on BullMQ, with the same lease: no accepted job lost, exactly one recorded result each, p99 from kill to redelivery ≤ 1.5 × lease; a job whose worker dies a second time fails for good',
  contract: 'effectively-once',
  about: 'bullmq',
  experiment: workerKill({
    queue: 'bullmq',
    kills: { times: 9, everyMs: [380, 500], again: 2 },
    maxAttempts: killsAJobSurvives + 1,
    also: [deadAfterKills(killsAJobSurvives)],
  }),
  control: listLosesJobs,
} satisfies Claim;
