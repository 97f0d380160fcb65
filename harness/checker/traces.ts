// The traces of the jobs that a verdict is about: each lost, duplicated or redelivered job with the trace that tells its story.
// Pure.

import type { History } from '../history.ts';
import type { SpanCounts } from '../span.ts';
import { account, type JobAccount } from './accounting.ts';

/** Of several the first that is true. */
export const reasons = ['lost', 'duplicated', 'redelivered'] as const;
export type Reason = (typeof reasons)[number];

export interface JobTrace {
  job: string;
  why: Reason;
  /** null: no span names this job. */
  traceId: string | null;
}

export interface JobTraces {
  /** How many such jobs there are in all. */
  jobs: Record<Reason, number>;
  /** The lost ones first; at most 200 of each reason. */
  listed: JobTrace[];
}

/** As results.json has them. */
export interface StoredTraces extends JobTraces, SpanCounts {
  /** Where the spans, the history and the metric samples are: a directory below the run's. */
  dir: string;
}

const listedMost = 200;

export function tracesOf(history: History, traceOf: (job: string) => string | undefined): JobTraces {
  const { jobs, categories } = account(history);
  const [lost, duplicated] = [new Set(categories.lost), new Set(categories.doneManyTimes)];
  const reasonOf = (job: JobAccount): Reason | undefined => {
    if (lost.has(job)) return 'lost';
    if (duplicated.has(job)) return 'duplicated';
    // A worker that is killed right after a claim leaves no line of it; the queue's own count has it.
    return Math.max(job.claims.length, job.attempts ?? 0) > 1 ? 'redelivered' : undefined;
  };
  const found = Map.groupBy(jobs.values(), reasonOf);
  const of = (why: Reason) => found.get(why) ?? [];
  return {
    jobs: {
      lost: of('lost').length,
      duplicated: of('duplicated').length,
      redelivered: of('redelivered').length,
    },
    listed: reasons.flatMap((why) =>
      of(why)
        .slice(0, listedMost)
        .map(({ id }) => ({ job: id, why, traceId: traceOf(id) ?? null })),
    ),
  };
}
