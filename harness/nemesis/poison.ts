// A job that kills its worker each time: SIGKILLs whichever worker runs the poison job, as soon as it runs it, until the
// job is no longer delivered or the budget is used up. Proof: the dead worker's ledger shows the poison job in hand.

import type { Nemesis, NemesisArena } from '../claim.ts';
import { waitUntil } from '../wait.ts';
import { replacements } from './replace.ts';
import { heldAtEnd } from './victim.ts';

export interface PoisonOptions {
  job: string;
  /** After that many kills the nemesis lets the job live. */
  killsAtMost: number;
  /** The attempts that the queue should grant: fewer kills than that prove nothing. */
  attempts: number;
}

export function poison({ job, killsAtMost, attempts }: PoisonOptions): Nemesis {
  const replaced = replacements();
  return {
    plan: { job, killsAtMost },
    landedAtLeast: attempts,
    inject: async (arena) => {
      for (let kills = 0; kills < killsAtMost; kills++) {
        if (!(await killItsWorker(arena, job, replaced))) return;
      }
    },
    heal: replaced.done,
  };
}

/** false when nobody was given the job for three leases. */
async function killItsWorker(
  arena: NemesisArena,
  job: string,
  replaced: ReturnType<typeof replacements>,
): Promise<boolean> {
  const { system, history, signal } = arena;
  const runs = () => {
    system.ledger.read();
    return system
      .instances('worker')
      .find(({ name }) =>
        system.ledger.inHand(name).some((held) => held.job === job && held.startedAtMs !== undefined),
      );
  };
  const deadlineMs = 3 * system.spec.leaseMs;
  const worker = await waitUntil(runs, {
    what: 'somebody to run the poison job',
    deadlineMs,
    everyMs: 2,
    signal,
  }).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  if (worker === undefined) return false;
  const exit = await worker.process.kill();
  system.retire(worker);
  const inFlight = heldAtEnd(arena, worker);
  const fault = history.inject({
    kind: 'poison',
    target: worker.name,
    atMs: exit.atMs - system.originMs,
    proof: { pid: worker.process.pid, signal: exit.signal, inFlight },
    landed: inFlight.some((held) => held.job === job),
  });
  replaced.begin(arena, 'worker', fault.heal);
  return true;
}
