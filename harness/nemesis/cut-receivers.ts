// Cuts the connections of receivers from Redis' side: CLIENT KILL. Proof: Redis says that it closed one connection, and
// its list of clients no longer has it.

import { Redis } from 'ioredis';
import type { Nemesis } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil } from '../wait.ts';
import { drawStrikes, type Strikes } from './schedule.ts';

export function cutReceivers(random: Random, strikes: Strikes, names: readonly string[]): Nemesis {
  const plan = drawStrikes(random, 'cut-receivers', strikes).map(({ atMs, victim }) => ({
    atMs,
    name: names[Math.floor(victim * names.length)]!,
  }));
  return {
    plan,
    landedAtLeast: Math.ceil(strikes.times / 2),
    inject: async ({ history, target, signal }) => {
      const redis = new Redis(target.redisUrl);
      try {
        const began = history.now();
        for (const { atMs, name } of plan) {
          await sleepUntil(began + atMs, history.now, signal);
          const id = await idOf(redis, name);
          const sentAtMs = history.now();
          const closed = id === undefined ? 0 : Number(await redis.client('KILL', 'ID', id));
          const gone = (await idOf(redis, name)) !== id;
          history.inject({
            kind: 'client-kill',
            target: name,
            atMs: sentAtMs,
            proof: { clientId: id ?? null, closed, gone, doneAtMs: history.now() },
            landed: closed === 1 && gone,
            momentary: true,
          });
        }
      } finally {
        redis.disconnect();
      }
    },
  };
}

async function idOf(redis: Redis, name: string): Promise<number | undefined> {
  const list = String(await redis.client('LIST'));
  const line = list.split('\n').find((client) => client.includes(` name=${name} `));
  const id = line && /\bid=(\d+)/.exec(line)?.[1];
  return id === undefined || id === '' ? undefined : Number(id);
}
