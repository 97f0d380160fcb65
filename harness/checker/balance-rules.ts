// Rules about how evenly work is shared. Pure.

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { roundMs } from './quantile.ts';

export interface Shares {
  /** Each runs one job at a time. */
  workers: number;
  mostRatio: number;
  unevenRatio: number;
}

/** With fewer jobs to a worker than that there is little to share. */
const jobsPerWorkerAtLeast = 4;

/**
 * "evenly-shared": the makespan, from the first job's way into Redis to the last one's ack, is at most `mostRatio` × its lower
 * bound. "unevenly-shared": broken when it is `unevenRatio` × or more: what a push must show.
 *
 * No schedule is shorter than the lower bound, the larger of the jobs' total length divided by the workers and the longest job.
 * The lengths are those that the same jobs took in this run, from `started` to `finished`, not the planned ones: a machine
 * on which all takes longer then moves both sides, and what is left between them is waiting, which is what sharing is about.
 */
export function sharesEvenly({ workers, mostRatio, unevenRatio }: Shares): Rule {
  return (history): Finding => {
    const jobs = jobsOfLoad(history);
    const told = { jobs: jobs.size, workers };
    if (jobs.size < workers * jobsPerWorkerAtLeast)
      return tooLittle(`only ${jobs.size} jobs for ${workers} workers`, told);
    const { lengthsMs, busyMs, sentAtMs, endedAtMs, ended } = workOf(history.ledger, jobs);
    const open = jobs.size - ended;
    if (open > 0) return tooLittle(`${open} of ${jobs.size} jobs have no result`, told);

    const totalMs = lengthsMs.reduce((sum, ms) => sum + ms, 0);
    const longestMs = Math.max(...lengthsMs);
    const lowerBoundMs = Math.max(totalMs / workers, longestMs);
    const makespanMs = endedAtMs - sentAtMs;
    const ratio = makespanMs / lowerBoundMs;
    const detail = `${Math.round(makespanMs)} ms for jobs that take ${Math.round(lowerBoundMs)} ms at least: ${ratio.toFixed(3)} ×`;
    const violations: Violation[] = [];
    if (!(ratio <= mostRatio))
      violations.push({ rule: 'evenly-shared', detail: `${detail}, at most ${mostRatio} ×` });
    if (ratio >= unevenRatio) violations.push({ rule: 'unevenly-shared', detail });
    const evidence = {
      makespanRatio: Math.round(ratio * 1000) / 1000,
      makespanRatioBound: mostRatio,
      ...told,
      makespanMs: roundMs(makespanMs),
      lowerBoundMs: roundMs(lowerBoundMs),
      longestJobMs: roundMs(longestMs),
      busiestWorkerMs: roundMs(Math.max(...busyMs)),
      leastBusyWorkerMs: roundMs(busyMs.length < workers ? 0 : Math.min(...busyMs)),
    };
    return { violations, evidence };
  };
}

/** Those that were accepted, or may have been. */
function jobsOfLoad({ events }: History): Set<string> {
  const jobs = new Set<string>();
  for (const event of events) {
    if (event.type !== 'op' || event.f !== 'submit') continue;
    const { id, batch } = event.value as { id: string; batch?: string };
    if (event.kind === 'invoke' && batch === 'load') jobs.add(id);
    else if (event.kind === 'fail') jobs.delete(id);
  }
  return jobs;
}

interface Work {
  /** Of each job, the run whose result counts. */
  lengthsMs: number[];
  /** Of each worker, all its runs. */
  busyMs: number[];
  sentAtMs: number;
  endedAtMs: number;
  /** Jobs with an accepted result. */
  ended: number;
}

function workOf(ledger: readonly LedgerLine[], jobs: ReadonlySet<string>): Work {
  const began = new Map<string, number>();
  const lengths = new Map<string, number>();
  const busy = new Map<string, number>();
  const results = new Map<string, number>();
  let sentAtMs = Number.POSITIVE_INFINITY;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  for (const { event, job, source, atMs, outcome } of ledger) {
    if (!jobs.has(job)) continue;
    const run = `${source}/${job}`;
    if (event === 'enqueue') sentAtMs = Math.min(sentAtMs, atMs);
    else if (event === 'started') began.set(run, atMs);
    else if (event === 'finished') {
      const lengthMs = atMs - (began.get(run) ?? atMs);
      lengths.set(run, lengthMs);
      busy.set(source, (busy.get(source) ?? 0) + lengthMs);
    } else if (event === 'acked' && outcome === 'acked' && !results.has(job)) {
      results.set(job, lengths.get(run) ?? 0);
      endedAtMs = Math.max(endedAtMs, atMs);
    }
  }
  return {
    lengthsMs: [...results.values()],
    busyMs: [...busy.values()],
    sentAtMs,
    endedAtMs,
    ended: results.size,
  };
}
