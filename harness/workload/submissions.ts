// The workload of most claims: submissions arrive by an open-loop plan; in the end each one is read back.
// A few jobs go through first, without any fault: the steady state, in which everything must pass.

import type { Workload } from '../claim.ts';
import type { Random } from '../random.ts';
import { type Arrivals, planJobs } from './submission-plan.ts';
import { type SendingOptions, submissionSession } from './submission-session.ts';

export interface SubmissionsOptions extends Arrivals, SendingOptions {
  /** Jobs of the steady state. @default 8 */
  steadyCount?: number;
}

export function submissions(random: Random, options: SubmissionsOptions): Workload {
  const { steadyCount = 8, jobMs = [20, 150] } = options;
  const steady = planJobs(random, 'steady', { count: steadyCount, ratePerSecond: 40, jobMs });
  const load = planJobs(random, 'load', options);
  const session = submissionSession();
  return {
    plan: { steady, load, inTurn: options.inTurn ?? false },
    steady: (arena) => session.steady(arena, steady),
    load: (arena) => session.send(arena, load, options),
    quiesce: async (arena) => ({ settled: await session.settle(arena) }),
    finalReads: (arena) => session.readAll(arena, [...steady, ...load]),
    close: session.close,
  };
}
