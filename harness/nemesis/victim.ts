// Chooses a worker to break at a semantic moment: while it holds a claimed, unacked job whose code is running.

import type { NemesisArena } from '../claim.ts';
import type { Instance } from '../system/judge.ts';
import type { InHand } from '../system/ledger-tail.ts';
import { waitUntil } from '../wait.ts';

export interface Caught {
  worker: Instance;
  /** What it held when it was chosen. */
  held: InHand[];
}

/** How fresh a started job must be to be called "running": an older one may end before the fault strikes. */
const freshMs = 15;

/**
 * @param draw from 0 to 1: where among the living workers the search begins
 * @param able what else must be true of it
 * @throws {Error} when no worker runs a job within the deadline
 */
export function catchWorker(
  arena: NemesisArena,
  draw: number,
  deadlineMs = 20_000,
  able: (worker: Instance) => boolean = () => true,
): Promise<Caught> {
  const { system, signal, history } = arena;
  return waitUntil(
    () => {
      const workers = system.instances('worker').filter(({ process }) => process.alive());
      const first = Math.floor(draw * workers.length);
      system.ledger.read();
      for (let turn = 0; turn < workers.length; turn++) {
        const worker = workers[(first + turn) % workers.length]!;
        const held = system.ledger.inHand(worker.name);
        const running = held.some(
          ({ startedAtMs }) => startedAtMs !== undefined && isFresh(startedAtMs, arena),
        );
        if (running && able(worker)) return { worker, held };
      }
      return undefined;
    },
    { what: `a worker to run a job (at ${Math.round(history.now())} ms)`, deadlineMs, everyMs: 1, signal },
  );
}

function isFresh(startedAtMs: number, { system, history }: NemesisArena): boolean {
  return history.now() - (startedAtMs - system.originMs) < freshMs;
}

/** What a worker held when it ended, told by its ledger after its end. */
export function heldAtEnd(
  { system }: NemesisArena,
  worker: Instance,
): { job: string; attempt: number; fence: number }[] {
  system.ledger.read();
  return system.ledger.inHand(worker.name).map(({ job, attempt, fence }) => ({ job, attempt, fence }));
}
