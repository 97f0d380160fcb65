// The accounting of a queue: what became of every job. Pure and linear in the history's length.
//
// Every acknowledged job is exactly one of: done once, done n times, pending, in flight, dead-lettered, lost.
// Beside them: phantom (refused, yet executed), unexpected (never sent, yet executed), indeterminate (its submission
// ended in `info`; it may be there or not, it is never "lost").

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import type { Event } from '../op.ts';

export type Category =
  | 'doneOnce'
  | 'doneManyTimes'
  | 'pending'
  | 'inFlight'
  | 'deadLettered'
  | 'lost'
  | 'phantom'
  | 'unexpected'
  | 'indeterminate'
  | 'refused';

/** All that a history tells of one job. */
export interface JobAccount {
  id: string;
  /** How its submission ended; `none`: nobody submitted it, or the op never completed. */
  submitted: 'ok' | 'fail' | 'info' | 'none';
  invokedAtMs?: number;
  acknowledgedAtMs?: number;
  /** What the final read showed: a state, `absent`, or undefined when there was no answer. */
  finalState?: string;
  verdict?: string;
  claims: LedgerLine[];
  starts: number;
  finishes: number;
  /** Acks that the queue accepted, by the workers' own account. */
  acceptedAcks: number;
  staleAcks: number;
  lastLine?: LedgerLine;
}

export interface Accounting {
  jobs: Map<string, JobAccount>;
  categories: Record<Category, JobAccount[]>;
  acknowledged: number;
  /** Claims beyond the first of each job. */
  redeliveries: number;
  staleAcks: number;
  /** false: the run ended while jobs were still moving, so what is not final is pending, not lost. */
  settled: boolean;
}

export function account({ events, ledger }: History): Accounting {
  const jobs = new Map<string, JobAccount>();
  const jobOf = (id: string): JobAccount => {
    let job = jobs.get(id);
    if (job === undefined) {
      job = { id, submitted: 'none', claims: [], starts: 0, finishes: 0, acceptedAcks: 0, staleAcks: 0 };
      jobs.set(id, job);
    }
    return job;
  };

  let settled = true;
  for (const event of events) {
    if (event.type === 'op') noteOp(event, jobOf);
    else if (event.type === 'phase' && event.phase === 'quiesce' && event.step === 'end') {
      settled = (event.value as { settled?: string } | undefined)?.settled !== 'busy';
    }
  }
  for (const line of ledger) noteLine(line, jobOf(line.job));

  const categories: Record<Category, JobAccount[]> = {
    doneOnce: [],
    doneManyTimes: [],
    pending: [],
    inFlight: [],
    deadLettered: [],
    lost: [],
    phantom: [],
    unexpected: [],
    indeterminate: [],
    refused: [],
  };
  let redeliveries = 0;
  let staleAcks = 0;
  for (const job of jobs.values()) {
    categories[categoryOf(job, settled)].push(job);
    redeliveries += Math.max(0, job.claims.length - 1);
    staleAcks += job.staleAcks;
  }
  const acknowledged = [...jobs.values()].filter(({ submitted }) => submitted === 'ok').length;
  return { jobs, categories, acknowledged, redeliveries, staleAcks, settled };
}

function noteOp(event: Extract<Event, { type: 'op' }>, jobOf: (id: string) => JobAccount): void {
  if (event.f === 'submit') {
    const job = jobOf((event.value as { id: string }).id);
    if (event.kind === 'invoke') {
      job.invokedAtMs ??= event.atMs;
      if (job.submitted === 'none') job.submitted = 'info';
    } else if (job.submitted !== 'ok') {
      job.submitted = event.kind;
      if (event.kind === 'ok') job.acknowledgedAtMs = event.atMs;
    }
  } else if (event.f === 'read' && event.kind === 'ok') {
    const { id, record } = event.value as { id: string; record: { state: string; verdict?: string } | null };
    const job = jobOf(id);
    job.finalState = record?.state ?? 'absent';
    if (record?.verdict !== undefined) job.verdict = record.verdict;
  }
}

function noteLine(line: LedgerLine, job: JobAccount): void {
  // The API's own lines say what it sent, not what was executed.
  if (line.event === 'enqueue' || line.event === 'enqueued') return;
  job.lastLine = line;
  if (line.event === 'claimed') job.claims.push(line);
  else if (line.event === 'started') job.starts++;
  else if (line.event === 'finished') job.finishes++;
  else if (line.event === 'acked' && line.outcome === 'acked') job.acceptedAcks++;
  else if (line.event === 'acked' && line.outcome === 'stale') job.staleAcks++;
}

function categoryOf(job: JobAccount, settled: boolean): Category {
  const executed = job.starts > 0;
  if (job.submitted === 'none') return executed || job.claims.length > 0 ? 'unexpected' : 'refused';
  if (job.submitted === 'fail') return executed ? 'phantom' : 'refused';
  // Its submission is unknown, and so is what should have become of it.
  if (job.submitted === 'info') return 'indeterminate';
  if (job.acceptedAcks > 1) return 'doneManyTimes';
  if (job.finalState === 'dead') return 'deadLettered';
  // Done without having run to its end is a lie of the queue's, not a result.
  if (job.finalState === 'done') return job.finishes > 0 ? 'doneOnce' : 'lost';
  if (settled) return 'lost';
  return job.finalState === 'running' ? 'inFlight' : 'pending';
}

/** The figures of an accounting, as evidence. */
export function summarize({
  categories,
  acknowledged,
  redeliveries,
  staleAcks,
}: Accounting): Record<string, number> {
  const { doneOnce, doneManyTimes, pending, inFlight, deadLettered, lost } = categories;
  const { phantom, unexpected, indeterminate, refused } = categories;
  return {
    acknowledged,
    doneOnce: doneOnce.length,
    doneManyTimes: doneManyTimes.length,
    pending: pending.length,
    inFlight: inFlight.length,
    deadLettered: deadLettered.length,
    lost: lost.length,
    phantom: phantom.length,
    unexpected: unexpected.length,
    indeterminate: indeterminate.length,
    refused: refused.length,
    redeliveries,
    staleAcks,
  };
}
