// Ends Redis under load, leaves it down for a while, and starts it again on the same data and port.
// Proof: that of the ending (endings.ts); afterwards another run_id answers.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil } from '../wait.ts';
import { type Ending, kill } from './endings.ts';
import { drawStrikes, type Strikes } from './schedule.ts';

export interface RestartRedisOptions extends Strikes {
  /** How long it stays down. */
  downMs: number;
  /** @default SIGKILL */
  ending?: Ending;
}

export function restartRedis(
  random: Random,
  { downMs, ending = kill, ...strikes }: RestartRedisOptions,
): Nemesis {
  const plan = drawStrikes(random, 'restart-redis', strikes);
  return {
    plan: { strikes: plan, downMs, ending: ending.name },
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const { now } = arena.history;
      // Redis is up between two ends for as long as planned, though a container takes a second to start.
      let origin = now();
      for (const { atMs } of plan) {
        await sleepUntil(origin + atMs, now, arena.signal);
        origin += await restartOnce(arena, ending, downMs);
      }
    },
  };
}

/** @returns how much longer than planned it was down, in ms */
async function restartOnce(arena: NemesisArena, ending: Ending, downMs: number): Promise<number> {
  const { history, system, signal } = arena;
  const redis = system.ownRedis();
  const runIdBefore = await redis.runId();
  const { kind, atMs: killedAtMs, proof, landed } = await ending(arena);
  const fault = history.inject({
    kind,
    target: 'redis',
    atMs: killedAtMs,
    proof: { ...proof, runIdBefore },
    landed,
  });
  await sleepUntil(killedAtMs + downMs, history.now, signal);
  const restartBeganAfterMs = Math.round(history.now() - killedAtMs);
  await redis.restart();
  const runIdAfter = await redis.runId();
  fault.heal({
    runIdAfter,
    runIdChanged: runIdAfter !== runIdBefore,
    restartBeganAfterMs,
    downMs: Math.round(history.now() - killedAtMs),
  });
  return history.now() - killedAtMs - downMs;
}
