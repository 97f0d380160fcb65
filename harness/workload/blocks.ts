// Blocks of submissions that alternate between short and long jobs on the same system, so that whatever else happens on
// the machine meets both alike. Each block's jobs are all done before the next block begins.

import type { Workload } from '../claim.ts';
import type { Random } from '../random.ts';
import { type PlannedJob, planJobs } from './submission-plan.ts';
import { submissionSession } from './submission-session.ts';

export interface BlocksOptions {
  /** How often a short block is followed by a long one. */
  pairs: number;
  perBlock: number;
  ratePerSecond: number;
  shortMs: number;
  longMs: number;
}

export function blocks(random: Random, options: BlocksOptions): Workload {
  const { pairs, perBlock: count, ratePerSecond, shortMs, longMs } = options;
  // Long jobs first: they bring every slot of the workers into use, so that no block pays for that.
  const steady = planJobs(random, 'steady', { count, ratePerSecond, jobMs: [longMs, longMs] });
  const load: PlannedJob[][] = Array.from({ length: pairs }, (_, pair) => [
    planJobs(random, `short-${pair}`, { count, ratePerSecond, jobMs: [shortMs, shortMs] }),
    planJobs(random, `long-${pair}`, { count, ratePerSecond, jobMs: [longMs, longMs] }),
  ]).flat();
  const session = submissionSession();
  return {
    plan: { steady, load },
    steady: (arena) => session.steady(arena, steady),
    load: async (arena) => {
      for (const block of load) {
        await session.send(arena, block);
        await session.settle(arena);
      }
    },
    quiesce: async (arena) => ({ settled: await session.settle(arena) }),
    finalReads: session.readAll,
    close: session.close,
  };
}
