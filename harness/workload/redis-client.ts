// A client for one life of a Redis: it connects once, and when the connection ends it stays away, so that whoever uses it
// knows. Commands under way reject then; nothing is queued, and nothing is sent twice.

import { Redis } from 'ioredis';

const connectTimeoutMs = 5000;

/** Connected and ready. @param name as CLIENT LIST shows it */
export async function openOnce(url: string, name: string): Promise<Redis> {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    lazyConnect: true,
  });
  redis.on('error', () => {});
  await redis.connect();
  return redis;
}
