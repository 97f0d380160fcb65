// A queue adapter for the subscriber's tests: a job's record is a JSON text under a key, written by the test as it likes.
// It has no queue: everything but `get` and `close` refuses.

import type { Producer, QueueAdapter } from '../../shared/queue/queue.ts';
import { openRedis } from '../../shared/redis.ts';

export const recordKey = (prefix: string, id: string) => `${prefix}record:${id}`;

const refuse = () => Promise.reject(new Error('plain-records only reads'));

export default {
  name: 'plain-records',
  contract: 'at-most-once',
  producer({ redis: settings, prefix }): Producer {
    const redis = openRedis(settings, 'commands', () => {});
    return {
      enqueue: refuse,
      counts: refuse,
      deadLetters: refuse,
      redrive: refuse,
      ping: refuse,
      get: async (id) => {
        const text = await redis.get(recordKey(prefix, id));
        return text === null ? null : JSON.parse(text);
      },
      close: async () => redis.disconnect(),
    };
  },
  consumer() {
    throw new Error('plain-records has no consumer');
  },
} satisfies QueueAdapter;
