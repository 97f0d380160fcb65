// Publishes what this worker does to jobs, best effort.

import type { Redis } from 'ioredis';
import type { Status } from '../shared/contract.ts';
import type { Log } from '../shared/log.ts';
import { publishStatus } from '../shared/status-channel.ts';

export type PublishStatus = (status: Status) => void;

export function statusPublisher(redis: Redis, prefix: string, log: Log): PublishStatus {
  return (status) => {
    try {
      publishStatus(redis, prefix, status).catch((error: Error) => {
        log.debug({ job: status.id, error: error.message }, 'status not published');
      });
    } catch (error) {
      log.warn({ job: status.id, error: (error as Error).message }, 'status not published');
    }
  };
}
