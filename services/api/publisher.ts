// Publishes changes of a status that the API itself makes (a redrive). Its own connection; pub/sub promises nothing.

import type { ApiConfig } from '../shared/config.ts';
import type { Status } from '../shared/contract.ts';
import type { Log } from '../shared/log.ts';
import { openRedis } from '../shared/redis.ts';
import { publishStatus } from '../shared/status-channel.ts';

export interface Publisher {
  /** Rejects when Redis did not take it. */
  publish(status: Status): Promise<void>;
  close(): Promise<void>;
}

export function openPublisher(config: ApiConfig, log: Log): Publisher {
  // Inline there are no dead letters, and Redis need not be there.
  if (config.API_MODE === 'inline') return { publish: async () => {}, close: async () => {} };
  const redis = openRedis({ url: config.REDIS_URL, client: config.REDIS_CLIENT }, 'commands', (error) =>
    log.debug({ err: error }, 'the connection for publishing failed'),
  );
  return {
    async publish(status) {
      await publishStatus(redis, config.QUEUE_PREFIX, status);
    },
    async close() {
      redis.disconnect();
    },
  };
}
