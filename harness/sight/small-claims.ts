// Claims that take a second or less, for tests of the harness itself. They claim nothing about the system.

import { rules } from '../checker/finding.ts';
import { allDone, noRedelivery, nothingLost, oneResultEach } from '../checker/queue-rules.ts';
import type { Claim, Experiment, Workload } from '../claim.ts';
import { killWorkers } from '../nemesis/kill-workers.ts';
import { judgeOf, onlyRedis } from '../system/spec.ts';
import { submissions } from '../workload/submissions.ts';

/** Redis alone and a workload that does nothing; the claim's arm breaks no rule, the control breaks `broken`. */
export function bareClaim(differs: Partial<Experiment> = {}, control: Partial<Experiment> = {}): Claim {
  return claimOf({
    id: 'small/bare',
    experiment: () => ({
      system: onlyRedis(),
      workload: idleWorkload,
      check: () => ({ violations: [], evidence: {} }),
      ...differs,
    }),
    control: {
      statement: 'the rule is broken',
      without: (experiment) => ({
        ...experiment,
        check: () => ({ violations: [{ rule: 'broken', detail: 'always' }], evidence: {} }),
        ...control,
      }),
      mustBreak: ['broken'],
    },
  });
}

export const idleWorkload: Workload = {
  plan: {},
  steady: async () => ({ passed: true }),
  load: async () => {},
};

/** The judge under one kill of a worker: reliable-list holds, `list` loses. */
export const smallKill = claimOf({
  id: 'small/worker-kill',
  experiment: (random) => ({
    system: judgeOf({ leaseMs: 400, env: { worker: { WORKER_REAP_EVERY_MS: '50' } } }),
    workload: submissions(random, { count: 30, ratePerSecond: 60, jobMs: [20, 60], steadyCount: 3 }),
    nemesis: killWorkers(random, { times: 1, everyMs: [100, 200] }),
    check: rules(nothingLost, allDone, oneResultEach),
  }),
  control: {
    statement: '`list` under the same plan loses jobs',
    without: (experiment) => ({ ...experiment, system: { ...experiment.system, queue: 'list' } }),
    mustBreak: ['nothing-lost'],
  },
});

/** The judge without any fault, on jobs that take longer than a lease. */
export const longJobs = claimOf({
  id: 'small/long-jobs',
  experiment: (random) => ({
    system: judgeOf({ leaseMs: 600 }),
    workload: submissions(random, { count: 4, ratePerSecond: 20, jobMs: [1000, 1100], steadyCount: 1 }),
    check: rules(noRedelivery, nothingLost, allDone, oneResultEach),
  }),
  control: {
    statement: 'the heartbeat comes too late',
    without: (experiment) => ({
      ...experiment,
      system: {
        ...experiment.system,
        env: { ...experiment.system.env, worker: { WORKER_HEARTBEAT_EVERY_MS: '60000' } },
      },
    }),
    mustBreak: ['no-redelivery'],
  },
});

function claimOf(claim: Omit<Claim, 'section' | 'statement'>): Claim {
  return { section: 'Small', statement: 'Nothing about the system', ...claim };
}
