// SIGKILLs workers while they run a job, one after the other, and starts another worker for each.
// Proof: the pid is gone, and the dead worker's ledger shows jobs in hand.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { replacements } from './replace.ts';
import { drawStrikes, type Strikes } from './schedule.ts';
import { catchWorker, heldAtEnd } from './victim.ts';

export function killWorkers(random: Random, strikes: Strikes): Nemesis {
  const plan = drawStrikes(random, 'kill-workers', strikes);
  const replaced = replacements();
  return {
    plan,
    landedAtLeast: Math.min(strikes.times, 10),
    inject: async (arena) => {
      const began = arena.history.now();
      for (const { atMs, victim } of plan) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        await untilFullStrength(arena);
        const { worker } = await catchWorker(arena, victim);
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
      }
    },
    heal: replaced.done,
  };
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
