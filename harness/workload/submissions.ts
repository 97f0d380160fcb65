// The workload of most claims: submissions arrive by an open-loop plan; in the end each one is read back.
// A few jobs go through first, without any fault: the steady state, in which everything must pass.

import type { Steady, Workload, WorkloadArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { createHttpClient } from './http-client.ts';
import { finalRead, look, submit } from './submission-client.ts';
import { type Arrivals, type PlannedJob, planJobs } from './submission-plan.ts';

export interface SubmissionsOptions extends Arrivals {
  /** Jobs of the steady state. @default 8 */
  steadyCount?: number;
  /** One after the other, each sent when the one before was answered, instead of by the schedule. */
  inTurn?: boolean;
}

export interface SubmissionsWorkload extends Workload {
  plan: { steady: PlannedJob[]; load: PlannedJob[]; inTurn: boolean };
}

const steadyDeadlineMs = 15_000;
const quiesceDeadlineMs = 40_000;
/** Reads under way at a time in the final reads. */
const readersCount = 16;

export function submissions(random: Random, options: SubmissionsOptions): SubmissionsWorkload {
  const jobMs = options.jobMs ?? [20, 150];
  const steady = planJobs(random, 'steady', { count: options.steadyCount ?? 8, ratePerSecond: 40, jobMs });
  const load = planJobs(random, 'load', options);
  const inTurn = options.inTurn ?? false;
  const http = createHttpClient();
  const open = new Set<string>();
  let balancer: Balancer | undefined;

  const send = async (arena: WorkloadArena, jobs: readonly PlannedJob[]): Promise<void> => {
    balancer ??= createBalancer(http, arena.target.apiUrls);
    const url = balancer.next;
    const began = arena.history.now();
    const sent: Promise<void>[] = [];
    for (const job of jobs) {
      if (!inTurn) await sleepUntil(began + job.atMs, arena.history.now, arena.signal);
      arena.signal.throwIfAborted();
      const done = submit(http, arena.history, url, job).then((outcome) => {
        if (outcome !== 'fail') open.add(job.id);
      });
      if (inTurn) await done;
      sent.push(done);
    }
    await Promise.all(sent);
  };

  /** Looks at the open submissions until all are final, or until nothing happens any more. */
  const settle = async (arena: WorkloadArena, deadlineMs: number): Promise<'final' | 'quiet' | 'busy'> => {
    const { target, history, signal } = arena;
    const quietMs = 2.5 * target.leaseMs;
    let length = target.ledgerLength();
    let changedAtMs = history.now();
    const round = async (): Promise<'final' | 'quiet' | undefined> => {
      for (const id of [...open]) {
        const record = await look(http, balancer!.next, id).catch(() => undefined);
        if (record?.state === 'done' || record?.state === 'dead') open.delete(id);
      }
      if (open.size === 0) return 'final';
      const now = target.ledgerLength();
      if (now !== length) {
        length = now;
        changedAtMs = history.now();
      }
      return history.now() - changedAtMs > quietMs ? 'quiet' : undefined;
    };
    return waitUntil(round, { what: 'all submissions to be final', deadlineMs, everyMs: 50, signal }).catch(
      (error) => {
        signal.throwIfAborted();
        if ((error as Error).message.startsWith('waited')) return 'busy';
        throw error;
      },
    );
  };

  return {
    plan: { steady, load, inTurn },
    steady: async (arena): Promise<Steady> => {
      await send(arena, steady);
      const settled = await settle(arena, steadyDeadlineMs);
      const refused = steady.filter(({ id }) => !succeeded(arena, id)).length;
      if (refused > 0)
        return { passed: false, why: `${refused} of ${steady.length} submissions were not accepted` };
      if (settled === 'final') return { passed: true };
      return { passed: false, why: `${open.size} of ${steady.length} submissions were never judged` };
    },
    load: (arena) => send(arena, load),
    quiesce: async (arena) => ({ settled: await settle(arena, quiesceDeadlineMs) }),
    finalReads: async ({ history }) => {
      const ids = [...steady, ...load].map(({ id }) => id);
      const reader = async (): Promise<void> => {
        for (let id = ids.pop(); id !== undefined; id = ids.pop())
          await finalRead(http, history, balancer!.next, id);
      };
      await Promise.all(Array.from({ length: readersCount }, reader));
    },
    close: async () => {
      await balancer?.stop();
      http.close();
    },
  };
}

function succeeded({ history }: WorkloadArena, id: string): boolean {
  return history.events.some(
    (event) =>
      event.type === 'op' &&
      event.f === 'submit' &&
      event.kind === 'ok' &&
      (event.value as { id: string }).id === id,
  );
}
