// The workload of most claims: submissions arrive by an open-loop plan; in the end each one is read back.
// A few jobs go through first, without any fault: the steady state, in which everything must pass.

import type { Workload } from '../claim.ts';
import type { Random } from '../random.ts';
import { type Arrivals, planJobs } from './submission-plan.ts';
import { type SendingOptions, submissionSession } from './submission-session.ts';

export interface SubmissionsOptions extends Arrivals, SendingOptions {
  /** Jobs of the steady state. @default 8 */
  steadyCount?: number;
  /** Jobs that are sent after the others, half as fast, for as long as the nemesis is not done. @default 1600 */
  reserveCount?: number;
}

export function submissions(random: Random, options: SubmissionsOptions): Workload {
  const { steadyCount = 8, jobMs = [20, 150] } = options;
  const steady = planJobs(random, 'steady', { count: steadyCount, ratePerSecond: 40, jobMs });
  const load = planJobs(random, 'load', options);
  // It only has to keep every worker at work, and each job costs time that starting workers need.
  const ratePerSecond = options.ratePerSecond / 2;
  const reserve = planJobs(random, 'reserve', {
    ...options,
    ratePerSecond,
    count: options.reserveCount ?? 1600,
  });
  const session = submissionSession();
  return {
    plan: { steady, load, reserve, inTurn: options.inTurn ?? false, resend: options.resend ?? null },
    steady: (arena) => session.steady(arena, steady),
    load: async (arena) => {
      await session.send(arena, load, options);
      await session.send(arena, reserve, { ...options, until: arena.faultsOver });
    },
    quiesce: async (arena) => ({ settled: await session.settle(arena) }),
    finalReads: session.readAll,
    close: session.close,
  };
}
