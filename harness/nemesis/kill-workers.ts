// SIGKILLs workers while they run a job, one after the other, and starts another worker for each.
// Proof: the pid is gone, and the dead worker's ledger shows jobs in hand.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil } from '../wait.ts';
import { catchWorker, heldAtEnd } from './victim.ts';

export interface KillOptions {
  times: number;
  /** From one kill to the next, at least and at most. */
  everyMs: readonly [number, number];
}

export function killWorkers(random: Random, { times, everyMs: [leastMs, mostMs] }: KillOptions): Nemesis {
  const draw = random.fork('kill-workers');
  let atMs = 0;
  const plan = Array.from({ length: times }, () => {
    atMs += draw.int(leastMs, mostMs);
    return { atMs, victim: draw.float() };
  });
  const replacements: Promise<unknown>[] = [];
  return {
    plan,
    landedAtLeast: Math.min(times, 10),
    inject: async (arena) => {
      const began = arena.history.now();
      for (const { atMs, victim } of plan) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        replacements.push((await killOne(arena, victim)).replaced);
      }
    },
    heal: async () => {
      await Promise.all(replacements);
    },
  };
}

async function killOne(arena: NemesisArena, draw: number): Promise<{ replaced: Promise<void> }> {
  const { worker } = await catchWorker(arena, draw);
  const exit = await worker.process.kill();
  arena.system.retire(worker);
  const inFlight = heldAtEnd(arena, worker);
  const fault = arena.history.inject({
    kind: 'worker-kill',
    target: worker.name,
    atMs: exit.atMs - arena.system.originMs,
    proof: { pid: worker.process.pid, signal: exit.signal, pidGone: !worker.process.alive(), inFlight },
    landed: !worker.process.alive() && inFlight.length > 0,
  });
  const replaced = arena.system
    .start('worker')
    .then((next) => fault.heal({ replacedBy: next.name, newPid: next.process.pid }));
  replaced.catch(() => {}); // it is awaited, and its failure seen, when the nemesis heals
  return { replaced };
}
