// Publishes status changes on the status channel: best effort, at most once. A lost one is the subscriber's to make up
// for, by reading the record.

import type { Redis } from 'ioredis';
import { statusChannel } from '../shared/config.ts';
import { type Status, statusSchema } from '../shared/contract.ts';
import type { Log } from '../shared/log.ts';

export type PublishStatus = (status: Status) => void;

export function statusPublisher(redis: Redis, prefix: string, log: Log): PublishStatus {
  const channel = statusChannel(prefix);
  return (status) => {
    const parsed = statusSchema.safeParse(status);
    // A job that something else put into the queue may have any id.
    if (!parsed.success) return log.warn({ job: status.id }, 'status not published: it fits no schema');
    redis.publish(channel, JSON.stringify(parsed.data)).catch((error: Error) => {
      log.debug({ job: status.id, error: error.message }, 'status not published');
    });
  };
}
