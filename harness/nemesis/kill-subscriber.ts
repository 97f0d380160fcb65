// SIGKILLs the subscriber service and starts it again at the same address. Proof: the pid is gone; a new one listens.

import type { Nemesis } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil } from '../wait.ts';
import { drawStrikes, type Strikes } from './schedule.ts';

export interface KillSubscriberOptions extends Strikes {
  /** How long nobody listens, at least. */
  downMs: number;
}

export function killSubscriber(random: Random, { downMs, ...strikes }: KillSubscriberOptions): Nemesis {
  const plan = drawStrikes(random, 'kill-subscriber', strikes);
  return {
    plan: { strikes: plan, downMs },
    landedAtLeast: strikes.times,
    inject: async ({ history, system, signal }) => {
      const began = history.now();
      for (const { atMs } of plan) {
        await sleepUntil(began + atMs, history.now, signal);
        const [old] = system.instances('subscriber');
        if (old === undefined) throw new Error('no subscriber runs');
        const exit = await old.process.kill();
        const killedAtMs = exit.atMs - system.originMs;
        const fault = history.inject({
          kind: 'subscriber-kill',
          target: old.name,
          atMs: killedAtMs,
          proof: { pid: old.process.pid, signal: exit.signal, pidGone: !old.process.alive() },
          landed: !old.process.alive(),
        });
        await sleepUntil(killedAtMs + downMs, history.now, signal);
        system.retire(old);
        const next = await system.start('subscriber', old.port);
        fault.heal({ replacedBy: next.name, newPid: next.process.pid });
      }
    },
  };
}
