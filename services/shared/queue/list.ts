// `list`: the naive queue, LPUSH and BRPOP. A popped job is in its worker's memory and nowhere else, so it is lost with
// the worker (or with the reply of the pop): at most once. No lease, no reaper, no attempts limit, no dead letters.
//
// Keys, all behind the prefix: `job:<id>` (hash), `queued` (list), `running`, `done` (counters).

import { randomUUID } from 'node:crypto';
import { closeRedis, openBlockingReader, openCommands } from './connection.ts';
import { createPoll } from './poll.ts';
import { openProducer } from './producer.ts';
import type { Consumer, Producer, QueueAdapter, QueueSettings } from './queue.ts';
import { decodeAcked, decodeChanges, decodeClaims, decodeCounts } from './record.ts';
import { prepareScripts, readScript, runScript, type Script } from './script.ts';

const scripts = prepareScripts({
  enqueue: readScript('./record/push-to-list.lua', './record/enqueue.lua'),
  start: readScript('./list/start.lua'),
  ack: readScript('./list/ack.lua'),
  release: readScript('./list/release.lua'),
  counts: readScript('./list/counts.lua'),
  oldest: readScript('./record/oldest.lua'),
});

const list: QueueAdapter = { name: 'list', contract: 'at-most-once', producer, consumer };
export default list;

function producer(settings: QueueSettings): Producer {
  const { redis, ...shared } = openProducer(settings, scripts);
  return {
    ...shared,
    counts: async () => decodeCounts(await runScript(redis, scripts.counts, settings.prefix, [])),
    deadLetters: async () => [],
    redrive: async () => null,
  };
}

function consumer(settings: QueueSettings, worker: string): Consumer {
  const { prefix, retentionMs } = settings;
  const queued = `${prefix}queued`;
  const redis = openCommands(settings.redis);
  const reader = settings.pollEveryMs === 0 ? openBlockingReader(settings.redis, redis) : undefined;
  const poll = createPoll(settings.pollEveryMs);
  const session = randomUUID();
  // Popped, and nobody was told yet, since marking them as running failed. This memory is all there is of them.
  const popped: string[] = [];
  const run = (script: Script, ...args: (string | number)[]) => runScript(redis, script, prefix, args);

  async function pop(signal: AbortSignal): Promise<string[]> {
    if (reader === undefined) {
      return poll(async () => {
        const id = await redis.rpop(queued);
        return id === null ? [] : [id];
      }, signal);
    }
    const reply = await reader.wait((blocking, seconds) => blocking.brpop(queued, seconds), signal);
    return reply === null ? [] : [(reply as [string, string])[1]];
  }

  return {
    /** One at a time, whatever `max`. */
    async claim(_max, signal) {
      if (popped.length === 0) popped.push(...(await pop(signal)));
      if (popped.length === 0) return [];
      const claims = decodeClaims(await run(scripts.start, worker, session, ...popped));
      popped.length = 0;
      return claims;
    },
    heartbeat: async () => [],
    ack: async ({ id, fence }, result) => decodeAcked(await run(scripts.ack, id, fence, result, retentionMs)),
    release: async ({ id, fence }) => decodeChanges(await run(scripts.release, id, fence))[0] ?? null,
    reap: async () => [],
    async close() {
      await Promise.all([reader?.close(), closeRedis(redis)]);
    },
  };
}
