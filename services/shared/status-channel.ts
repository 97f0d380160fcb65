// The pub/sub channel that carries every status change: what a message on it looks like, and how it is published. It
// promises nothing: a lost one is the subscriber's to make up for, by reading the record.

import type { Redis } from 'ioredis';
import { type PublishedStatus, type Status, statusSchema } from './contract.ts';
import { publishing } from './telemetry/tracing.ts';

export function statusChannel(prefix: string): string {
  return `${prefix}status`;
}

/**
 * Rejects when Redis did not take it.
 * @throws {TypeError} at once, if it fits no schema: a job that something else put into the queue may have any id
 */
export function publishStatus(redis: Redis, prefix: string, status: Status): Promise<unknown> {
  const parsed = statusSchema.safeParse(status);
  if (!parsed.success) throw new TypeError(`status of ${status.id}: it fits no schema`);
  return publishing(status, (trace) => {
    const message: PublishedStatus = {
      status: parsed.data,
      publishedAtMs: Date.now(),
      ...(trace !== undefined && { trace }),
    };
    return redis.publish(statusChannel(prefix), JSON.stringify(message));
  });
}
