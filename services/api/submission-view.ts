// A job record as the API shows it: never the code, times as ISO strings. What another process wrote and does not
// parse is left out and reported, never a crash.

import {
  type JobState,
  type Judgement,
  judgementSchema,
  submissionSchema,
  type Verdict,
} from '../shared/contract.ts';
import type { JobRecord } from '../shared/queue/queue.ts';

export interface SubmissionView {
  id: string;
  state: JobState;
  version: number;
  attempts: number;
  problemId?: string;
  language?: string;
  verdict?: Verdict;
  judgement?: Judgement;
  enqueuedAt?: string;
  startedAt?: string;
  finishedAt?: string;
}

/** @param onInvalid told which part of the record did not parse */
export function viewSubmission(
  record: JobRecord,
  onInvalid: (part: 'payload' | 'result') => void,
): SubmissionView {
  const { id, state, version, attempts } = record;
  const submission = submissionSchema.safeParse(json(record.payload));
  if (!submission.success) onInvalid('payload');
  const judgement = record.result === undefined ? undefined : judgementSchema.safeParse(json(record.result));
  if (judgement?.success === false) onInvalid('result');
  return {
    id,
    state,
    version,
    attempts,
    ...(submission.success && {
      problemId: submission.data.problemId,
      language: submission.data.language,
    }),
    ...(judgement?.success && { verdict: judgement.data.verdict, judgement: judgement.data }),
    ...time('enqueuedAt', record.enqueuedAtMs),
    ...time('startedAt', record.startedAtMs),
    ...time('finishedAt', record.finishedAtMs),
  };
}

function time<Name extends string>(name: Name, atMs: number | undefined): { [N in Name]?: string } {
  const date = new Date(atMs ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? {} : ({ [name]: date.toISOString() } as { [N in Name]: string });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
