// What BullMQ knows of a job, as the queue's own record.

import type { JobState as BullState, Job, JobType } from 'bullmq';
import type { JobState } from '../../contract.ts';
import type { JobRecord } from '../queue.ts';

/** `mark` is new with each add, so that who reads it back knows whose add it was that counted. */
export interface Data {
  payload: string;
  trace?: string;
  mark: string;
}

/** `token`: the claim that recorded it. */
export interface Returned {
  result: string;
  token: string;
}

export type BullJob = Job<Data, Returned, 'job'>;

export const queuedTypes = [
  'waiting',
  'delayed',
  'prioritized',
  'waiting-children',
] as const satisfies JobType[];

export function stateOf(state: BullState | 'unknown'): JobState | undefined {
  switch (state) {
    case 'active':
      return 'running';
    case 'completed':
      return 'done';
    case 'failed':
      return 'dead';
    case 'unknown':
      return undefined;
    default:
      return 'queued';
  }
}

/** Each start of a job is two steps: it becomes active, and then something else. */
export function versionOf(job: BullJob, state: JobState): number {
  return state === 'running' ? 2 * job.attemptsStarted : 2 * job.attemptsStarted + 1;
}

/** Deliveries that ran. A job that stalled too often is handed out once more, only to be buried. */
export function attemptsOf(job: BullJob, state: JobState): number {
  return state === 'dead' ? job.stalledCounter : job.attemptsStarted;
}

export function traceOf({ data: { trace } }: BullJob): { trace?: string } {
  return trace === undefined ? {} : { trace };
}

export function recordOf(job: BullJob, state: JobState): JobRecord {
  return {
    id: String(job.id),
    payload: job.data.payload,
    ...traceOf(job),
    state,
    version: versionOf(job, state),
    fence: job.attemptsStarted,
    attempts: attemptsOf(job, state),
    enqueuedAtMs: job.timestamp,
    ...(job.processedBy !== undefined && state !== 'queued' && { owner: job.processedBy }),
    ...(job.processedOn !== undefined && { startedAtMs: job.processedOn }),
    ...(job.finishedOn !== undefined && { finishedAtMs: job.finishedOn }),
    ...(state === 'done' && { result: job.returnvalue.result }),
  };
}
