// What the producers of our own adapters share: idempotent, capped enqueue, and reading records.

import type { Redis } from 'ioredis';
import { batched } from './batch.ts';
import { closeRedis, openCommands } from './connection.ts';
import type { Enqueued, Job, JobRecord, Producer, QueueSettings } from './queue.ts';
import { decodeChanges, decodeCounts, decodeEnqueued, decodeFlatRecord, decodeRecord } from './record.ts';
import { runScript, type Script } from './script.ts';

/** Jobs in one script, so that none holds Redis up for long. */
const batchSize = 100;

export type SharedProducer = Required<
  Pick<Producer, 'enqueue' | 'get' | 'oldestWaitingAtMs' | 'ping' | 'close'>
>;

/** @param get answers the fields of a record; without it they are those of the job's hash */
export function openProducer(
  settings: QueueSettings,
  { enqueue, oldest, get }: { enqueue: Script; oldest: Script; get?: Script },
): { redis: Redis } & SharedProducer {
  const { prefix, cap } = settings;
  const redis = openCommands(settings.redis);
  const send = async (jobs: Job[]): Promise<Enqueued[]> => {
    const args = jobs.flatMap(({ id, payload, trace = '' }) => [id, payload, trace]);
    const replies = (await runScript(redis, enqueue, prefix, [cap, ...args])) as unknown[];
    return jobs.map((job, i) => decodeEnqueued(job, cap, replies[i]));
  };
  return {
    redis,
    enqueue: batched(batchSize, send),
    get: async (id) =>
      get === undefined
        ? decodeRecord(id, await redis.hgetall(`${prefix}job:${id}`))
        : decodeFlatRecord(id, await runScript(redis, get, prefix, [id])),
    oldestWaitingAtMs: async () => {
      const atMs = await runScript(redis, oldest, prefix, []);
      return atMs === null ? null : Number(atMs);
    },
    ping: async () => {
      await redis.ping();
    },
    close: () => closeRedis(redis),
  };
}

/** The producer of an adapter that has leases: it also has dead letters. */
export function queueProducer(
  settings: QueueSettings,
  scripts: Record<'enqueue' | 'counts' | 'oldest' | 'redrive', Script> & { get?: Script },
): Producer {
  const { prefix } = settings;
  const { redis, ...shared } = openProducer(settings, scripts);
  return {
    ...shared,
    counts: async () => decodeCounts(await runScript(redis, scripts.counts, prefix, [])),
    async deadLetters(limit) {
      if (limit < 1) return [];
      const ids = await redis.zrange(`${prefix}dead`, '0', String(limit - 1));
      const records = await Promise.all(ids.map((id) => shared.get(id)));
      // One may have been redriven between the two reads.
      return records.filter((record): record is JobRecord => record?.state === 'dead');
    },
    async redrive(id) {
      return decodeChanges(await runScript(redis, scripts.redrive, prefix, [id]))[0] ?? null;
    },
  };
}
