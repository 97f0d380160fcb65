// Things that run beside the load of another workload and write what they see into the history: samples and probes.

import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Workload, WorkloadArena } from '../claim.ts';
import { waitUntil } from '../wait.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';

/** The logical process of all that is seen alongside; ops have numbers from 0. */
const observer = -1;
const idleMs = 1000;

/** Asks the queue every 5 ms how many jobs are in each state: observations `counts`. */
export function withDepthSamples(workload: Workload): Workload {
  return alongside(workload, 5, async ({ history, target }) => {
    history.observe(observer, 'counts', await target.counts());
  });
}

/** Asks the API every 100 ms whether it lives and whether it is ready: ops `healthz` and `readyz`. */
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

/** After the load, counts what Redis is asked while nobody has anything to do: an observation `idle-commands`. */
export function withIdleCommandCount(workload: Workload): Workload {
  return {
    ...workload,
    load: async (arena) => {
      await workload.load(arena);
      await waitUntil(async () => (await arena.target.counts()).running === 0, {
        what: 'the last job to end',
        deadlineMs: 10_000,
        signal: arena.signal,
      });
      await countIdleCommands(arena);
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

async function countIdleCommands({ history, target, signal }: WorkloadArena): Promise<void> {
  const redis = new Redis(target.redisUrl);
  const processed = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
  try {
    const before = await processed();
    const beganAtMs = history.now();
    await delay(idleMs, undefined, { signal });
    const commands = (await processed()) - before;
    history.observe(observer, 'idle-commands', { commands, durationMs: history.now() - beganAtMs });
  } finally {
    redis.disconnect();
  }
}
