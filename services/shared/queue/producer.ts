// What the producers of both list adapters share: idempotent, capped enqueue, and reading records.

import type { Redis } from 'ioredis';
import { closeRedis, openCommands } from './connection.ts';
import type { Producer, QueueSettings } from './queue.ts';
import { decodeEnqueued, decodeRecord } from './record.ts';
import { runScript, type Script } from './script.ts';

export type SharedProducer = Pick<Producer, 'enqueue' | 'get' | 'ping' | 'close'>;

export function openProducer(settings: QueueSettings, enqueue: Script): { redis: Redis } & SharedProducer {
  const { prefix, cap } = settings;
  const redis = openCommands(settings.redis);
  return {
    redis,
    enqueue: async (job) =>
      decodeEnqueued(job, cap, await runScript(redis, enqueue, prefix, [job.id, job.payload, cap])),
    get: async (id) => decodeRecord(id, await redis.hgetall(`${prefix}job:${id}`)),
    ping: async () => {
      await redis.ping();
    },
    close: () => closeRedis(redis),
  };
}
