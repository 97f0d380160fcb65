// SIGKILLs workers while they run a job, one after the other, and starts another worker for each.
// Proof: the pid is gone, and the dead worker's ledger shows jobs in hand.

import { setTimeout as delay } from 'node:timers/promises';
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

/** A job of a dead worker comes back after one lease, and a reap. */
const leasesForAgain = 5;
const triesForAgain = 3;

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
  const strike = async (arena: NemesisArena, victim: number): Promise<string[]> => {
    await untilFullStrength(arena);
    const { worker } = await catchWorker(arena, victim);
    return kill(arena, worker);
  };
  const strikeAndAgain = async (arena: NemesisArena, victim: number): Promise<void> => {
    for (let tries = 1; tries <= triesForAgain; tries++) {
      const owner = await nextOwner(arena, await strike(arena, victim));
      if (owner !== undefined) return void (await kill(arena, owner));
    }
    throw new Error(`no job of a killed worker was seen to run again, after ${triesForAgain} kills`);
  };

  return {
    plan: again > 0 ? { strikes: plan, again } : plan,
    landedAtLeast: Math.min(strikes.times + again, 10),
    inject: async (arena) => {
      const began = arena.history.now();
      for (const [i, { atMs, victim }] of plan.entries()) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        await (i < plan.length - again ? strike(arena, victim) : strikeAndAgain(arena, victim));
      }
    },
    heal: replaced.done,
  };
}

/**
 * The worker that runs one of these jobs next. `undefined`: none was seen in good time. Their results had been recorded just
 * before the kill, they are lost, or they ran while the harness was busy; then they are for the checker to judge.
 */
async function nextOwner(
  { system, signal, history }: NemesisArena,
  jobs: string[],
): Promise<Instance | undefined> {
  const runs = (worker: Instance) =>
    system.ledger
      .inHand(worker.name)
      .some(({ job, startedAtMs }) => startedAtMs !== undefined && jobs.includes(job));
  const untilMs = history.now() + leasesForAgain * system.spec.leaseMs;
  while (history.now() < untilMs) {
    system.ledger.read();
    const owner = system.instances('worker').find((worker) => worker.process.alive() && runs(worker));
    if (owner !== undefined) return owner;
    await delay(1, undefined, { signal });
  }
  return undefined;
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
