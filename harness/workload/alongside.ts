// Things that run beside the load of another workload and write what they see into the history: samples and probes.

import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Workload, WorkloadArena } from '../claim.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';

/** The logical process of all that is seen alongside; ops have numbers from 0. */
const observer = -1;

/** Asks the queue every 5 ms how many jobs are in each state: observations `counts`. */
export function withDepthSamples(workload: Workload): Workload {
  return alongside(workload, 5, async ({ history, target }) => {
    history.observe(observer, 'counts', await target.counts());
  });
}

/** Asks the API every 100 ms whether it lives and whether it is ready: ops `healthz` and `readyz`, and an op on time. */
export function withHealthProbes(workload: Workload): Workload {
  const http = createHttpClient();
  const probed = alongside(workload, 100, async (arena) => {
    await Promise.all([probe(arena, http, 'healthz'), probe(arena, http, 'readyz')]);
  });
  return {
    ...probed,
    close: async () => {
      http.close();
      await workload.close?.();
    },
  };
}

/** Counts the commands that Redis processes during the load: observations `commands` before and after. */
export function withCommandCount(workload: Workload): Workload {
  return {
    ...workload,
    load: async (arena) => {
      await countCommands(arena);
      await workload.load(arena);
      await countCommands(arena);
    },
  };
}

function alongside(
  workload: Workload,
  everyMs: number,
  look: (arena: WorkloadArena) => Promise<void>,
): Workload {
  return {
    ...workload,
    load: async (arena) => {
      const over = new AbortController();
      const stop = AbortSignal.any([over.signal, arena.signal]);
      const looking = (async () => {
        while (!stop.aborted) {
          await look(arena);
          await delay(everyMs, undefined, { signal: stop }).catch(() => {});
        }
      })();
      try {
        await Promise.race([workload.load(arena), looking]);
      } finally {
        over.abort();
      }
      await looking;
    },
  };
}

async function probe({ history, target }: WorkloadArena, http: HttpClient, path: string): Promise<void> {
  const op = history.invoke(path, {});
  try {
    const { status } = await http.send('GET', `${target.apiUrls()[0]}/${path}`, { timeoutMs: 5000 });
    op.complete('ok', { status });
  } catch (error) {
    op.complete('fail', {}, (error as NodeJS.ErrnoException).code ?? (error as Error).message);
  }
}

async function countCommands({ history, target }: WorkloadArena): Promise<void> {
  const redis = new Redis(target.redisUrl);
  try {
    const stats = await redis.info('stats');
    history.observe(observer, 'commands', {
      processed: Number(/total_commands_processed:(\d+)/.exec(stats)?.[1]),
    });
  } finally {
    redis.disconnect();
  }
}
