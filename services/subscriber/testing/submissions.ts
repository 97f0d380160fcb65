// What the API and the workers do to submissions, as far as the subscriber can see it: change the record, publish it.

import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import type { JobState, Status } from '../../shared/contract.ts';
import { statusChannel } from '../../shared/status-channel.ts';
import { recordKey } from './plain-records.ts';

export const prefix = 'test:';

export { randomId as newId } from '../../shared/contract.ts';

export function statusAt(id: string, version: number, state: JobState = 'running'): Status {
  const status = { id, state, version, attempts: version };
  if (state !== 'done') return status;
  return { ...status, judgement: { verdict: 'AC', passed: 2, total: 2, runMs: 1.5 } };
}

export type Submissions = ReturnType<typeof openSubmissions>;

export function openSubmissions(url: string) {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  afterAll(() => redis.disconnect());
  const record = async (status: Status) => {
    const { judgement, ...rest } = status;
    const result = judgement && JSON.stringify(judgement);
    await redis.set(recordKey(prefix, status.id), JSON.stringify({ ...rest, result }));
  };
  const publishText = (text: string) => redis.publish(statusChannel(prefix), text);
  const publish = (status: Status) => publishText(JSON.stringify({ status, publishedAtMs: Date.now() }));
  return {
    redis,
    /** The record changes and nobody is told: a status that pub/sub lost. */
    record,
    /** Someone is told; the record stays. */
    publish,
    publishText,
    change: async (status: Status) => {
      await record(status);
      await publish(status);
    },
  };
}
