// The experiment of the worker-kill claims: the same plan for every queue that promises to lose nothing.

import { type Rule, rules } from '../checker/finding.ts';
import { nothingLost, oneResultEach, redeliveredWithin, rightVerdicts } from '../checker/queue-rules.ts';
import type { Claim, Experiment } from '../claim.ts';
import { type KillPlan, killWorkers } from '../nemesis/kill-workers.ts';
import type { Random } from '../random.ts';
import { judgeOf } from '../system/spec.ts';
import { submissions } from '../workload/submissions.ts';

const leaseMs = 1000;

export interface WorkerKill {
  queue: string;
  kills: KillPlan;
  maxAttempts: number;
  /** Beside: nothing lost, one result each, the right verdicts, redelivered within 1.5 × the lease. */
  also: Rule[];
}

export const elevenKills: KillPlan = { times: 11, everyMs: [380, 500] };

export function workerKill({ queue, kills, maxAttempts, also }: WorkerKill): (random: Random) => Experiment {
  return (random) => ({
    system: judgeOf({
      queue,
      workers: 3,
      leaseMs,
      env: { worker: { QUEUE_MAX_ATTEMPTS: String(maxAttempts) } },
    }),
    workload: submissions(random, { count: 200, ratePerSecond: 32 }),
    nemesis: killWorkers(random, kills),
    check: rules(nothingLost, oneResultEach, rightVerdicts, redeliveredWithin(1.5 * leaseMs), ...also),
  });
}

/** The control of all of them. */
export const listLosesJobs = {
  statement: '`list` under the same plan loses jobs',
  without: (experiment, random) => ({
    ...experiment,
    system: { ...experiment.system, queue: 'list' },
    nemesis: killWorkers(random, elevenKills),
  }),
  mustBreak: ['nothing-lost'],
} satisfies Claim['control'];
