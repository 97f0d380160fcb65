import { allDone } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { elevenKills, listLosesJobs, workerKill } from '../worker-kill.ts';

export default {
  id: 'fault/worker-kill-stream',
  section: 'Fault Tolerance',
  statement:
    'The same on a stream with a consumer group: no accepted job lost, exactly one recorded result each, p99 from kill to redelivery ≤ 1.5 × lease',
  contract: 'effectively-once',
  about: 'stream',
  experiment: workerKill({ queue: 'stream', kills: elevenKills, maxAttempts: 10, also: [allDone] }),
  control: listLosesJobs,
} satisfies Claim;
