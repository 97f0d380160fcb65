// The side of `bullmq` that enqueues and reads.

import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { JobState } from '../../contract.ts';
import type { JobRecord, Producer, QueueSettings } from '../queue.ts';
import { connected, queueName } from './connect.ts';
import {
  type BullJob,
  type Data,
  queuedTypes,
  type Returned,
  recordOf,
  stateOf,
  versionOf,
} from './record.ts';

export function producer(settings: QueueSettings): Producer {
  const { prefix, retentionMs } = settings;
  const queue = connected(
    settings.redis,
    (connection) => new Queue<Data, Returned, 'job'>(queueName, { connection, prefix }),
  );

  async function read(id: string): Promise<{ job: BullJob; state: JobState } | undefined> {
    const job = await (await queue.get()).getJob(id);
    if (job === undefined) return undefined;
    const state = stateOf(await job.getState());
    return state && { job, state };
  }

  async function get(id: string): Promise<JobRecord | null> {
    const found = await read(id);
    // Read in two steps: it may have become done in between, and its result is not in the first.
    if (found?.state === 'done' && !found.job.returnvalue) return get(id);
    return found === undefined ? null : recordOf(found.job, found.state);
  }

  return {
    async enqueue({ id, payload, trace }) {
      const mark = randomUUID();
      const options = { jobId: id, removeOnComplete: { age: Math.ceil(retentionMs / 1000) } };
      await (await queue.get()).add('job', { payload, mark, ...(trace !== undefined && { trace }) }, options);
      const found = await read(id);
      if (found === undefined) throw new Error(`${id} was added and is gone`);
      const { job, state } = found;
      const record = recordOf(job, state);
      if (job.data.mark === mark) return { outcome: 'accepted', record };
      return { outcome: job.data.payload === payload ? 'known' : 'conflict', record };
    },

    get,

    /** `done` counts those that are still kept. */
    async counts() {
      const counts = await (await queue.get()).getJobCounts(...queuedTypes, 'active', 'completed', 'failed');
      const queued = queuedTypes.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
      return { queued, running: counts.active ?? 0, done: counts.completed ?? 0, dead: counts.failed ?? 0 };
    },

    async oldestWaitingAtMs() {
      const [oldest] = await (await queue.get()).getJobs([...queuedTypes], 0, 0, true);
      return oldest?.timestamp ?? null;
    },

    async deadLetters(limit) {
      if (limit < 1) return [];
      const jobs = await (await queue.get()).getJobs('failed', 0, limit - 1, true);
      return jobs.map((job) => recordOf(job, 'dead'));
    },

    async redrive(id) {
      const found = await read(id);
      if (found?.state !== 'dead') return null;
      const { job } = found;
      await job.retry('failed', { resetAttemptsMade: true });
      return { id, state: 'queued', version: versionOf(job, 'queued'), attempts: 0 };
    },

    async ping() {
      await (await queue.get()).waitUntilReady();
      await queue.redis.ping();
    },

    close: () => queue.close(),
  };
}
