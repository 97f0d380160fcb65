// How each role connects to Redis. The reasons are measured: docs/redis-clients.md.

import { Redis, type RedisOptions } from 'ioredis';

export interface RedisSettings {
  url: string;
  /** `defaults`: the library's own options for everything (a control: requests then hang while Redis is away). */
  client: 'tuned' | 'defaults';
}

/**
 * commands: short commands that must fail promptly, never be queued or resent unseen. The caller repeats what is safe.
 * blocking: one blocking reader; no command timeout, the caller bounds each block to a second.
 * Both give up on a socket from which nothing came for two seconds though a reply was due: it is half open, or Redis
 * sleeps. Whatever was under way rejects, and the next connection is made.
 * subscriber: keeps its subscriptions through reconnects.
 */
export type RedisRole = 'commands' | 'blocking' | 'subscriber';

const roles = {
  commands: { maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: 700, socketTimeout: 2000 },
  blocking: { maxRetriesPerRequest: 0, enableOfflineQueue: false, socketTimeout: 2000 },
  subscriber: { maxRetriesPerRequest: null },
} satisfies Record<RedisRole, RedisOptions>;

/**
 * A client that connects at once and for as long as it takes, soon again after a loss (20 ms, then up to 250 ms).
 * Connection errors go to `onError`; the commands reject by themselves.
 */
export function openRedis(settings: RedisSettings, role: RedisRole, onError: (error: Error) => void): Redis {
  const tuned = {
    connectTimeout: 2000,
    // Else it waits as long as Redis thinks that it will still load, a second at least.
    maxLoadingRetryTime: 250,
    retryStrategy: (times: number) => Math.min(20 * times, 250),
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...roles[role],
  };
  const redis = settings.client === 'tuned' ? new Redis(settings.url, tuned) : new Redis(settings.url);
  redis.on('error', onError);
  return redis;
}
