// The rules of queue claims, each a pure function from a history to a finding.

import type { History } from '../history.ts';
import { faultsOf } from '../op.ts';
import { type Accounting, account, type JobAccount, summarize } from './accounting.ts';
import { causeOf } from './cause.ts';
import { type Finding, finding, type Rule, tooLittle } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';

/** How many jobs a finding names; the history has all of them. */
const named = 5;

const accounts = new WeakMap<History, Accounting>();

/** The accounting of a history, computed once for all rules. */
export function accountOf(history: History): Accounting {
  let known = accounts.get(history);
  if (known === undefined) {
    known = account(history);
    accounts.set(history, known);
  }
  return known;
}

function listed(jobs: JobAccount[], history: History): { id: string; cause: string }[] {
  return jobs.slice(0, named).map((job) => ({ id: job.id, cause: causeOf(job, history) }));
}

/** "nothing-lost": every acknowledged job has a result or is a dead letter. */
export const nothingLost: Rule = (history) => {
  const books = accountOf(history);
  const { lost, pending, inFlight } = books.categories;
  if (books.acknowledged === 0) return tooLittle('no job was acknowledged', summarize(books));
  const open = pending.length + inFlight.length;
  const evidence =
    lost.length > 0 ? { ...summarize(books), lostJobs: listed(lost, history) } : summarize(books);
  if (lost.length === 0 && open > 0) {
    return tooLittle(
      `${open} of ${books.acknowledged} acknowledged jobs were still open at the deadline`,
      evidence,
    );
  }
  const first = lost[0] ? `; ${lost[0].id}: ${causeOf(lost[0], history)}` : '';
  const detail = `${lost.length} of ${books.acknowledged} acknowledged jobs were lost${first}`;
  return finding('nothing-lost', lost.length > 0 && detail, evidence);
};

/** "one-result": no job's result was accepted twice, and none was executed that was refused or never sent. */
export const oneResultEach: Rule = (history) => {
  const books = accountOf(history);
  const { doneManyTimes, phantom, unexpected } = books.categories;
  const bad = [...doneManyTimes, ...phantom, ...unexpected];
  const evidence =
    bad.length > 0 ? { ...summarize(books), extraJobs: listed(bad, history) } : summarize(books);
  const detail =
    `${doneManyTimes.length} jobs have more than one accepted result, ` +
    `${phantom.length} were refused yet executed, ${unexpected.length} were never sent yet executed`;
  return finding('one-result', bad.length > 0 && detail, evidence);
};

/** "right-verdict": every job that is done was judged AC, as its code deserves. */
export const rightVerdicts: Rule = (history) => {
  const wrong = accountOf(history).categories.doneOnce.filter(({ verdict }) => verdict !== 'AC');
  const detail = `${wrong.length} jobs have another verdict than AC, the first ${wrong[0]?.id}: ${wrong[0]?.verdict}`;
  return finding('right-verdict', wrong.length > 0 && detail);
};

/** "no-duplicate": no job's code was started twice. */
export const neverTwice: Rule = (history) => {
  const books = accountOf(history);
  const twice = [...books.jobs.values()].filter(({ starts }) => starts > 1);
  const detail = `${twice.length} jobs were started more than once, the first ${twice[0]?.id}`;
  return finding('no-duplicate', twice.length > 0 && detail, { startedTwice: twice.length });
};

/** "no-redelivery": every job was claimed at most once. */
export const noRedelivery: Rule = (history) => {
  const books = accountOf(history);
  const { redeliveries } = books;
  return finding('no-redelivery', redeliveries > 0 && `${redeliveries} redeliveries`, { redeliveries });
};

/** "loss-shows": at least one job was lost, and no more than `inHand` for each fault that landed. */
export function lossShows(inHand: number): Rule {
  return (history): Finding => {
    const books = accountOf(history);
    const lost = books.categories.lost.length;
    const kills = history.events.filter((event) => event.type === 'fault' && event.landed === true).length;
    const most = kills * inHand;
    const evidence = {
      ...summarize(books),
      kills,
      lostAtMost: most,
      lostJobs: listed(books.categories.lost, history),
    };
    if (lost === 0)
      return finding(
        'loss-shows',
        `none of ${books.acknowledged} jobs was lost over ${kills} kills`,
        evidence,
      );
    return finding(
      'loss-bounded',
      lost > most && `${lost} jobs were lost, but the ${kills} kills hit at most ${most}`,
      evidence,
    );
  };
}

/** "all-done": every acknowledged job has a result; none became a dead letter. */
export const allDone: Rule = (history) => {
  const { deadLettered } = accountOf(history).categories;
  const detail = `${deadLettered.length} jobs became dead letters, the first ${deadLettered[0]?.id}`;
  return finding('all-done', deadLettered.length > 0 && detail);
};

/**
 * "redelivered-in-time": from each kill to the next claim of each job that the dead worker held, by another worker,
 * the 99th percentile is at most `boundMs`.
 */
export function redeliveredWithin(boundMs: number): Rule {
  return (history) => {
    const { jobs } = accountOf(history);
    const waitsMs: number[] = [];
    for (const { kind, target, atMs, proof } of faultsOf(history.events)) {
      if (kind !== 'worker-kill') continue;
      for (const { job } of (proof.inFlight ?? []) as { job: string }[]) {
        const next = jobs.get(job)?.claims.find((line) => line.atMs > atMs && line.source !== target);
        // A result that was recorded just before the kill needs no redelivery; a loss is another rule's.
        if (next !== undefined) waitsMs.push(next.atMs - atMs);
      }
    }
    if (waitsMs.length === 0) return tooLittle('no job that a killed worker held was delivered again');
    const recoveryMsP50 = roundMs(quantile(waitsMs, 0.5));
    const recoveryMsP99 = roundMs(quantile(waitsMs, 0.99));
    const detail = `p99 from kill to redelivery is ${recoveryMsP99} ms of at most ${boundMs} ms`;
    const evidence = { recovered: waitsMs.length, recoveryMsP50, recoveryMsP99, recoveryMsBound: boundMs };
    return finding('redelivered-in-time', recoveryMsP99 > boundMs && detail, evidence);
  };
}
