// Ends workers while they run a job, as a deployment does: SIGTERM and a grace time, or (for the control) SIGKILL.
// Proof: jobs were in hand at the signal; how the process exited and how long that took.

import type { Nemesis } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil } from '../wait.ts';
import { replacements } from './replace.ts';
import { drawStrikes, type Strikes } from './schedule.ts';
import { catchWorker } from './victim.ts';

export interface TerminateOptions extends Strikes {
  graceMs: number;
  signal: 'SIGTERM' | 'SIGKILL';
}

export function terminateWorkers(random: Random, { graceMs, signal, ...strikes }: TerminateOptions): Nemesis {
  const plan = drawStrikes(random, 'terminate-workers', strikes);
  const replaced = replacements();
  return {
    plan: { strikes: plan, graceMs, signal },
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const { history, system } = arena;
      const began = history.now();
      for (const { atMs, victim } of plan) {
        await sleepUntil(began + atMs, history.now, arena.signal);
        const { worker, held } = await catchWorker(arena, victim);
        const signalledAtMs = history.now();
        const { process } = worker;
        const exit = await (signal === 'SIGTERM' ? process.terminate(graceMs) : process.kill());
        system.retire(worker);
        const fault = history.inject({
          kind: signal === 'SIGTERM' ? 'worker-terminate' : 'worker-kill',
          target: worker.name,
          atMs: signalledAtMs,
          proof: {
            pid: process.pid,
            inFlight: held.map(({ job, attempt }) => ({ job, attempt })),
            exitCode: exit.code,
            exitSignal: exit.signal,
            exitAfterMs: Math.round(exit.atMs - system.originMs - signalledAtMs),
          },
          landed: held.length > 0 && !process.alive(),
        });
        replaced.begin(arena, 'worker', fault.heal);
      }
    },
    heal: replaced.done,
  };
}
