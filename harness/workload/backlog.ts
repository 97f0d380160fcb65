// Many jobs at once, for workers that shall never wait for one: they are all sent before anything is measured, best while few
// workers are there yet; the observation `backlog` says when it is done. What is left of them in the end stays in the queue.

import type { Workload } from '../claim.ts';
import type { Random } from '../random.ts';
import { type Arrivals, planJobs } from './submission-plan.ts';
import { submissionSession } from './submission-session.ts';

export interface BacklogOptions extends Arrivals {
  /** Jobs of the steady state. */
  steadyCount: number;
}

const observer = -1;
/** The API has a burst of them to accept. */
const patienceMs = 20_000;

export function backlog(random: Random, { steadyCount, ...arrivals }: BacklogOptions): Workload {
  const steady = planJobs(random, 'steady', { ...arrivals, count: steadyCount });
  const load = planJobs(random, 'load', arrivals);
  const session = submissionSession();
  return {
    plan: { steady, load },
    steady: (arena) => session.steady(arena, steady, { patienceMs }),
    load: async (arena) => {
      await session.send(arena, load, { patienceMs });
      // Nobody asks for anything any more: the clients and their health checks go, the workers have the machine.
      await session.close();
      arena.history.observe(observer, 'backlog', { jobs: load.length });
    },
    close: session.close,
  };
}
