// The same batch twice: in the steady state without any fault, then with one poison job among it. When the nemesis has
// let go of the poison job, it is redriven.

import { idFromKey } from '../../services/shared/contract.ts';
import type { Workload } from '../claim.ts';
import type { Random } from '../random.ts';
import { type Arrivals, type PlannedJob, planJobs } from './submission-plan.ts';
import { submissionSession } from './submission-session.ts';

export interface PoisonedOptions extends Arrivals {
  /** How long the poison job runs if nobody kills its worker. */
  poisonMs: number;
}

export interface PoisonedWorkload extends Workload {
  poisonId: string;
}

export function poisoned(random: Random, options: PoisonedOptions): PoisonedWorkload {
  const load = planJobs(random, 'load', options);
  const key = `poison-${load[0]!.key}`;
  const steady = load.map((job) => planned('steady', `steady-${job.key}`, job.atMs, job.jobMs));
  const poison = planned('poison', key, load[0]!.atMs, options.poisonMs);
  const poisonedLoad = [...load, poison].sort((a, b) => a.atMs - b.atMs);
  const session = submissionSession();
  return {
    poisonId: poison.id,
    plan: { steady, load: poisonedLoad },
    steady: (arena) => session.steady(arena, steady),
    load: (arena) => session.send(arena, poisonedLoad),
    quiesce: async (arena) => {
      await session.settle(arena);
      const record = await session.look(arena, poison.id);
      arena.history.observe(-1, 'before-redrive', { id: poison.id, record });
      if (record?.state === 'dead') {
        const op = arena.history.invoke('redrive', { id: poison.id });
        const path = `${session.url(arena)}/dead-letters/${poison.id}/redrive`;
        const { status } = await session.http.send('POST', path, { timeoutMs: 5000 });
        op.complete(status === 202 ? 'ok' : 'fail', { id: poison.id, status });
      }
      session.reopen(poison.id);
      return { settled: await session.settle(arena) };
    },
    finalReads: session.readAll,
    close: session.close,
  };
}

function planned(batch: string, key: string, atMs: number, jobMs: number): PlannedJob {
  return { batch, key, id: idFromKey(key), atMs, jobMs };
}
