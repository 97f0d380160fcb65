// Connections of BullMQ's classes. They wait for Redis as long as it takes; here a call rejects at once instead.

import type { Redis } from 'ioredis';
import type { RedisSettings } from '../../redis.ts';
import { closeRedis, openCommands } from '../connection.ts';

/** The name of the queue, behind the prefix. */
export const queueName = 'jobs';

/** A queue or a worker of BullMQ, made when Redis is there for the first time. */
export interface Connected<T> {
  redis: Redis;
  /** @throws {Error} while Redis is not reached */
  get(): Promise<T>;
  close(): Promise<void>;
}

interface Closable {
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export function connected<T extends Closable>(
  settings: RedisSettings,
  make: (redis: Redis) => T,
): Connected<T> {
  const redis = openCommands(settings);
  let made: T | undefined;
  let ready: Promise<T> | undefined;

  const open = async (): Promise<T> => {
    const one = make(redis);
    // Errors of the connection reach whoever has a call under way.
    one.on('error', () => {});
    await one.waitUntilReady();
    made = one;
    return one;
  };

  return {
    redis,
    get() {
      if (redis.status !== 'ready') return Promise.reject(new Error('Redis is not reached'));
      ready ??= open().catch((error) => {
        ready = undefined;
        throw error;
      });
      return ready;
    },
    async close() {
      await Promise.all([made?.close(true), closeRedis(redis)]);
    },
  };
}
