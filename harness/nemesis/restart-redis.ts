// SIGKILLs Redis, leaves it down for a while, and starts it again on the same data and port.
// Proof: the pid is gone, the port refuses; afterwards another run_id answers.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { isAlive } from '../system/proc.ts';
import { sleepUntil } from '../wait.ts';
import { drawStrikes, type Strikes } from './schedule.ts';

export interface RestartRedisOptions extends Strikes {
  /** How long it stays down. */
  downMs: number;
}

export function restartRedis(random: Random, { downMs, ...strikes }: RestartRedisOptions): Nemesis {
  const plan = drawStrikes(random, 'restart-redis', strikes);
  return {
    plan: { strikes: plan, downMs },
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const began = arena.history.now();
      for (const { atMs } of plan) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        await restartOnce(arena, downMs);
      }
    },
  };
}

async function restartOnce({ history, system, signal }: NemesisArena, downMs: number): Promise<void> {
  const redis = system.ownRedis();
  const before = { pid: redis.pid(), runId: await redis.runId() };
  const exit = await redis.kill();
  const killedAtMs = exit.atMs - system.originMs;
  const fault = history.inject({
    kind: 'redis-kill',
    target: 'redis',
    atMs: killedAtMs,
    proof: { pid: before.pid, signal: exit.signal, pidGone: !isAlive(before.pid), runIdBefore: before.runId },
    landed: exit.signal === 'SIGKILL' && !isAlive(before.pid),
  });
  await sleepUntil(killedAtMs + downMs, history.now, signal);
  const restartBeganAfterMs = Math.round(history.now() - killedAtMs);
  await redis.restart();
  const runIdAfter = await redis.runId();
  fault.heal({
    runIdAfter,
    runIdChanged: runIdAfter !== before.runId,
    restartBeganAfterMs,
    downMs: Math.round(history.now() - killedAtMs),
  });
}
