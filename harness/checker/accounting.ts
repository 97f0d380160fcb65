// The accounting of a queue: what became of every job. Pure and linear in the history's length.
//
// Every acknowledged job is exactly one of: done once, done n times, pending, in flight, dead-lettered, lost.
// Beside them: phantom (refused, yet executed), unexpected (never sent, yet executed), indeterminate (its submission
// ended in `info`; it may be there or not, it is never "lost").

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import type { Op } from '../op.ts';

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

/** All that a history tells of one job. Every field is there from the start: a million of them are made, all of one shape. */
export interface JobAccount {
  id: string;
  /**
   * How its submissions ended, all together: `ok` if any was accepted, otherwise `info` if any may have been (also one
   * that was never answered), otherwise `fail`. `none`: nobody submitted it.
   */
  submitted: 'ok' | 'fail' | 'info' | 'none';
  /** Submissions that were never answered, or with `info`. */
  unanswered: number;
  invokedAtMs: number | undefined;
  acknowledgedAtMs: number | undefined;
  /** What the final read showed: a state, `absent`, or undefined when there was no answer. */
  finalState: string | undefined;
  verdict: string | undefined;
  /** Deliveries, by the queue's own account in the final read. */
  attempts: number | undefined;
  claims: LedgerLine[];
  starts: number;
  finishes: number;
  /** Acks that the queue accepted, by the workers' own account. */
  acceptedAcks: number;
  staleAcks: number;
  /** Its first ack that was not stale. */
  ackedAtMs: number | undefined;
  lastLine: LedgerLine | undefined;
}

export interface Accounting {
  jobs: Map<string, JobAccount>;
  categories: Record<Category, JobAccount[]>;
  acknowledged: number;
  /** The jobs in the order of their first claim, and of their first ack that was not stale. */
  order: Record<'claimed' | 'acked', JobAccount[]>;
  /** Claims beyond the first of each job. */
  redeliveries: number;
  staleAcks: number;
  /** false: the run ended while jobs were still moving, so what is not final is pending, not lost (unless it is absent). */
  settled: boolean;
}

export function account({ events, ledger }: History): Accounting {
  const jobs = new Map<string, JobAccount>();
  const jobOf = (id: string): JobAccount => {
    let job = jobs.get(id);
    if (job === undefined) {
      job = {
        id,
        submitted: 'none',
        unanswered: 0,
        invokedAtMs: undefined,
        acknowledgedAtMs: undefined,
        finalState: undefined,
        verdict: undefined,
        attempts: undefined,
        claims: [],
        starts: 0,
        finishes: 0,
        acceptedAcks: 0,
        staleAcks: 0,
        ackedAtMs: undefined,
        lastLine: undefined,
      };
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
  const order: Accounting['order'] = { claimed: [], acked: [] };
  for (const line of ledger) noteLine(line, jobOf(line.job), order);

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
  let acknowledged = 0;
  let redeliveries = 0;
  let staleAcks = 0;
  for (const job of jobs.values()) {
    const category = categoryOf(job, settled);
    if (category !== undefined) categories[category].push(job);
    if (job.submitted === 'ok') acknowledged++;
    redeliveries += Math.max(0, job.claims.length - 1);
    staleAcks += job.staleAcks;
  }
  return { jobs, categories, acknowledged, order, redeliveries, staleAcks, settled };
}

interface ReadRecord {
  state: string;
  verdict?: string;
  attempts?: number;
}

function noteOp(event: Op, jobOf: (id: string) => JobAccount): void {
  if (event.f === 'submit') {
    noteSubmission(event, jobOf((event.value as { id: string }).id));
  } else if (event.f === 'read' && event.kind === 'ok') {
    const { id, record } = event.value as { id: string; record: ReadRecord | null };
    const job = jobOf(id);
    job.finalState = record?.state ?? 'absent';
    job.attempts = record?.attempts;
    if (record?.verdict !== undefined) job.verdict = record.verdict;
  }
}

function noteSubmission({ kind, atMs }: Op, job: JobAccount): void {
  if (kind === 'invoke') {
    job.invokedAtMs ??= atMs;
    job.unanswered++;
  } else if (kind !== 'info') {
    job.unanswered = Math.max(0, job.unanswered - 1);
  }
  if (job.submitted === 'ok') return;
  if (kind === 'ok') {
    job.submitted = 'ok';
    job.acknowledgedAtMs = atMs;
    return;
  }
  // A refusal does not undo an earlier submission of the same job that may have been accepted.
  job.submitted = job.unanswered > 0 || kind === 'info' ? 'info' : 'fail';
}

function noteLine(line: LedgerLine, job: JobAccount, order: Accounting['order']): void {
  const { event, outcome } = line;
  // The API's own lines say what it sent, not what was executed.
  if (event === 'enqueue' || event === 'enqueued') return;
  job.lastLine = line;
  if (event === 'started') job.starts++;
  else if (event === 'finished') job.finishes++;
  else if (event === 'claimed') {
    if (job.claims.length === 0) order.claimed.push(job);
    job.claims.push(line);
  } else if (event === 'acked') {
    if (outcome === 'acked') job.acceptedAcks++;
    if (outcome === 'stale') job.staleAcks++;
    else if (job.ackedAtMs === undefined) {
      job.ackedAtMs = line.atMs;
      order.acked.push(job);
    }
  }
}

/** undefined: nobody sent it and nobody ran it, so it is no job of this history (one of the plan that was read back). */
function categoryOf(job: JobAccount, settled: boolean): Category | undefined {
  const { claims, starts, finishes, acceptedAcks, finalState } = job;
  const executed = claims.length + starts + finishes + acceptedAcks > 0 || finalState === 'done';
  if (job.submitted === 'none') return executed ? 'unexpected' : undefined;
  if (job.submitted === 'fail') return executed ? 'phantom' : 'refused';
  // Its submission is unknown, and so is what should have become of it.
  if (job.submitted === 'info') return 'indeterminate';
  if (acceptedAcks > 1) return 'doneManyTimes';
  if (finalState === 'dead') return 'deadLettered';
  // Done without having run to its end is a lie of the queue's, not a result.
  if (finalState === 'done') return finishes > 0 ? 'doneOnce' : 'lost';
  if (finalState === 'absent') return 'lost';
  // It could not be read: how it ended is not known, and what is not known is no loss.
  if (finalState === undefined) return 'pending';
  if (settled) return 'lost';
  return finalState === 'running' ? 'inFlight' : 'pending';
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
