// SIGKILLs workers while they run a job, one after the other, and starts another worker for each.
// Proof: the pid is gone, and the dead worker's ledger shows jobs in hand.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import type { Instance } from '../system/judge.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { replacements } from './replace.ts';
import { drawStrikes, type Strikes } from './schedule.ts';
import { catchWorker, heldAtEnd } from './victim.ts';

export interface KillPlan extends Strikes {
  /** After the last strikes, how many: wait until a job of the dead worker runs again, and kill that worker too. */
  again?: number;
}

export function killWorkers(random: Random, strikes: KillPlan): Nemesis {
  const plan = drawStrikes(random, 'kill-workers', strikes);
  const replaced = replacements();
  const again = strikes.again ?? 0;

  const kill = async (arena: NemesisArena, worker: Instance): Promise<string[]> => {
    const exit = await worker.process.kill();
    arena.system.retire(worker);
    const inFlight = heldAtEnd(arena, worker);
    const pidGone = !worker.process.alive();
    const fault = arena.history.inject({
      kind: 'worker-kill',
      target: worker.name,
      atMs: exit.atMs - arena.system.originMs,
      proof: { pid: worker.process.pid, signal: exit.signal, pidGone, inFlight },
      landed: pidGone && inFlight.length > 0,
    });
    replaced.begin(arena, 'worker', fault.heal);
    return inFlight.map(({ job }) => job);
  };

  return {
    plan: again > 0 ? { strikes: plan, again } : plan,
    landedAtLeast: Math.min(strikes.times + again, 10),
    inject: async (arena) => {
      const began = arena.history.now();
      for (const [i, { atMs, victim }] of plan.entries()) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        await untilFullStrength(arena);
        const { worker } = await catchWorker(arena, victim);
        const orphans = await kill(arena, worker);
        if (i >= plan.length - again) await kill(arena, await nextOwner(arena, orphans));
      }
    },
    heal: replaced.done,
  };
}

/** The worker that runs one of these jobs next. */
function nextOwner({ system, signal }: NemesisArena, jobs: string[]): Promise<Instance> {
  const runs = (worker: Instance) =>
    system.ledger
      .inHand(worker.name)
      .some(({ job, startedAtMs }) => startedAtMs !== undefined && jobs.includes(job));
  return waitUntil(
    () => {
      system.ledger.read();
      return system.instances('worker').find((worker) => worker.process.alive() && runs(worker));
    },
    { what: 'a job of the killed worker to run again', deadlineMs: 10_000, everyMs: 1, signal },
  );
}

/**
 * Recovery is the survivors' work, so each kill finds the workers at full strength: with nobody left it would measure
 * how fast a process starts.
 */
async function untilFullStrength({ system, signal }: NemesisArena): Promise<void> {
  await waitUntil(() => system.instances('worker').length >= system.spec.workers, {
    what: 'all workers to be ready',
    deadlineMs: 20_000,
    signal,
  });
}
