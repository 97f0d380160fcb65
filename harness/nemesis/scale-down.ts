// Takes workers away in steps and lets those that are left work undisturbed for a while at each: once the workload's backlog is
// there, all workers are started that the first step wants and the system does not have yet (so that few eat of the backlog
// while it is sent); then they go, fewer at each step. Down, not up: a worker that starts takes a second of CPU from those that
// are measured, one that drains takes none. Each step is an observation `step` {workers, fromMs} at its end.
// Proof: each pid that had to go is gone, with exit status 0.

import { setTimeout as delay } from 'node:timers/promises';
import type { Nemesis, NemesisArena } from '../claim.ts';
import { following, isObservation } from '../follow.ts';
import type { Instance } from '../system/judge.ts';
import { waitUntil } from '../wait.ts';

export interface ScaleDownOptions {
  /** How many workers work at each step, the most first. */
  steps: readonly number[];
  stepMs: number;
  /** How long all of them work before the first step: the engine still compiles what it has just found to be hot. */
  warmMs: number;
}

const observer = -1;
const backlogDeadlineMs = 60_000;
const graceMs = 5000;
/** Before each step: what the change stirred up ends. */
const settleMs = 100;

export function scaleDown({ steps, stepMs, warmMs }: ScaleDownOptions): Nemesis {
  const most = Math.max(...steps);
  return {
    plan: { steps, stepMs, warmMs },
    landedAtLeast: most - Math.min(...steps),
    inject: async (arena) => {
      const { history, system, signal } = arena;
      const filled = following(history.events, isObservation('backlog'));
      await waitUntil(() => filled().length > 0, {
        what: 'the backlog',
        deadlineMs: backlogDeadlineMs,
        signal,
      });
      const missing = most - system.instances('worker').length;
      await Promise.all(Array.from({ length: missing }, () => system.start('worker')));
      await delay(warmMs, undefined, { signal });
      for (const workers of steps) {
        const surplus = system.instances('worker').slice(workers);
        await Promise.all(surplus.map((worker) => takeAway(arena, worker)));
        await delay(settleMs, undefined, { signal });
        const fromMs = history.now();
        await delay(stepMs, undefined, { signal });
        history.observe(observer, 'step', { workers: system.instances('worker').length, fromMs });
      }
    },
  };
}

async function takeAway({ history, system }: NemesisArena, worker: Instance): Promise<void> {
  const atMs = history.now();
  const { code, signal } = await worker.process.terminate(graceMs);
  system.retire(worker);
  history.inject({
    kind: 'worker-terminate',
    target: worker.name,
    atMs,
    proof: { pid: worker.process.pid, exitCode: code, exitSignal: signal },
    landed: !worker.process.alive() && code === 0,
    momentary: true,
  });
}
