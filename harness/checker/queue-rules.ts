// The rules of queue claims, each a pure function from a history to a finding.

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import { type Accounting, account, type JobAccount, summarize } from './accounting.ts';
import { causeOf } from './cause.ts';
import { type Finding, finding, type Rule, tooLittle } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';

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
  if (jobs.length === 0) return [];
  const faults = faultsOf(history.events);
  return jobs.map((job) => ({ id: job.id, cause: causeOf(job, faults) }));
}

const noneAcknowledged = 'no job was acknowledged';

/** Why jobs whose end is not known forbid a good word, if there are any. */
function openJobs({ categories: { pending, inFlight }, acknowledged }: Accounting): string | undefined {
  const open = [...pending, ...inFlight];
  if (open.length === 0) return undefined;
  const unread = open.filter(({ finalState }) => finalState === undefined).length;
  const rest = unread > 0 ? `, of which ${unread} could not be read` : '';
  return `${open.length} of ${acknowledged} acknowledged jobs were still open at the deadline${rest}`;
}

/** "nothing-lost": every acknowledged job has a result or is a dead letter. */
export const nothingLost: Rule = (history) => {
  const books = accountOf(history);
  const { lost } = books.categories;
  if (books.acknowledged === 0) return tooLittle(noneAcknowledged, summarize(books));
  if (lost.length > 0) {
    const lostJobs = listed(lost, history);
    const [first] = lostJobs;
    const detail = `${lost.length} of ${books.acknowledged} acknowledged jobs were lost; ${first!.id}: ${first!.cause}`;
    return finding('nothing-lost', detail, { ...summarize(books), lostJobs });
  }
  const open = openJobs(books);
  return open === undefined
    ? finding('nothing-lost', false, summarize(books))
    : tooLittle(open, summarize(books));
};

/** "one-result": no job's result was accepted twice, and none was executed that was refused or never sent. */
export const oneResultEach: Rule = (history) => {
  const books = accountOf(history);
  const { doneManyTimes, phantom, unexpected } = books.categories;
  const bad = [...doneManyTimes, ...phantom, ...unexpected];
  if (bad.length === 0) {
    const evidence = summarize(books);
    return books.acknowledged === 0
      ? tooLittle(noneAcknowledged, evidence)
      : finding('one-result', false, evidence);
  }
  const detail =
    `${doneManyTimes.length} jobs have more than one accepted result, ` +
    `${phantom.length} were refused yet executed, ${unexpected.length} were never sent yet executed`;
  return finding('one-result', detail, { ...summarize(books), extraJobs: listed(bad, history) });
};

/** "right-verdict": every job that is done was judged AC, as its code deserves. */
export const rightVerdicts: Rule = (history) => {
  const done = [...accountOf(history).jobs.values()].filter(({ finalState }) => finalState === 'done');
  if (done.length === 0) return tooLittle('no job is done');
  const wrong = done.filter(({ verdict }) => verdict !== 'AC');
  const detail = `${wrong.length} jobs have another verdict than AC, the first ${wrong[0]?.id}: ${wrong[0]?.verdict}`;
  return finding('right-verdict', wrong.length > 0 && detail);
};

/** "no-duplicate": no job's code was started twice. */
export const neverTwice: Rule = (history) => {
  const started = [...accountOf(history).jobs.values()].filter(({ starts }) => starts > 0);
  const twice = started.filter(({ starts }) => starts > 1);
  const evidence = { startedTwice: twice.length };
  if (started.length === 0) return tooLittle('no job was started', evidence);
  const detail = `${twice.length} jobs were started more than once, the first ${twice[0]?.id}`;
  return finding('no-duplicate', twice.length > 0 && detail, evidence);
};

/** "no-redelivery": every job was claimed at most once. */
export const noRedelivery: Rule = (history) => {
  const { redeliveries, jobs } = accountOf(history);
  const evidence = { redeliveries };
  if (![...jobs.values()].some(({ claims }) => claims.length > 0))
    return tooLittle('no job was claimed', evidence);
  return finding('no-redelivery', redeliveries > 0 && `${redeliveries} redeliveries`, evidence);
};

/**
 * "loss-shows": at least one job was lost. "loss-bounded": no more than `inHand` for each fault that landed.
 * That none was lost is only said of a history in which the load ran and every job's end is known.
 */
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
    if (lost > 0) {
      const detail = `${lost} jobs were lost, but the ${kills} kills hit at most ${most}`;
      return finding('loss-bounded', lost > most && detail, evidence);
    }
    if (books.acknowledged === 0) return tooLittle(noneAcknowledged, evidence);
    if (!history.events.some((event) => event.type === 'phase' && event.phase === 'load'))
      return tooLittle('the load never ran', evidence);
    const open = openJobs(books);
    if (open !== undefined) return tooLittle(open, evidence);
    const detail = `none of ${books.acknowledged} jobs was lost over ${kills} kills`;
    return finding('loss-shows', detail, evidence);
  };
}

/** "all-done": every acknowledged job has a result; none was lost or became a dead letter. */
export const allDone: Rule = (history) => {
  const books = accountOf(history);
  const { deadLettered, lost } = books.categories;
  if (books.acknowledged === 0) return tooLittle(noneAcknowledged);
  const without = [...deadLettered, ...lost];
  if (without.length > 0) {
    const detail = `${deadLettered.length} jobs became dead letters, ${lost.length} were lost, the first ${without[0]!.id}`;
    return finding('all-done', detail);
  }
  const open = openJobs(books);
  return open === undefined ? finding('all-done', false) : tooLittle(open);
};

/** After which faults jobs must be delivered again: what the fault is called, and whom it hit. */
const takenFrom = {
  'worker-kill': { fault: 'kill', victim: 'a killed worker' },
  'half-open': { fault: 'silence', victim: 'a silenced worker' },
} as const;

/**
 * "redelivered-in-time": from each kill (or silence) to the next claim of each job that its victim held, by another
 * worker, the 99th percentile is at most `boundMs`; and each such job without a result was delivered again.
 */
export function redeliveredWithin(boundMs: number, after: keyof typeof takenFrom = 'worker-kill'): Rule {
  const said = takenFrom[after];
  return (history) => {
    const { jobs } = accountOf(history);
    const waitsMs: number[] = [];
    const never: JobAccount[] = [];
    const faults = faultsOf(history.events);
    const returned = history.ledger.filter(({ event }) => event === 'returned');
    let unseen = 0;
    for (const { kind, target, atMs, proof } of faults) {
      if (kind !== after) continue;
      for (const { job, attempt } of (proof.inFlight ?? []) as { job: string; attempt?: number }[]) {
        const known = jobs.get(job);
        const next = known?.claims.find((line) => line.atMs > atMs && line.source !== target);
        const between = next && killOfUnseen(faults, returned, atMs, next, attempt);
        if (between !== undefined) {
          waitsMs.push(between - atMs, next!.atMs - between);
          unseen++;
        } else if (next !== undefined) waitsMs.push(next.atMs - atMs);
        // A result that was recorded just before the kill needs no redelivery, a dead letter gets none.
        else if (known && needsDelivery(known)) never.push(known);
      }
    }
    if (waitsMs.length === 0 && never.length === 0)
      return tooLittle(`no job that ${said.victim} held was delivered again`);
    const evidence: Record<string, unknown> = { recovered: waitsMs.length };
    if (unseen > 0) evidence.unseenDeliveries = unseen;
    if (waitsMs.length > 0) {
      const recoveryMsP50 = roundMs(quantile(waitsMs, 0.5));
      const recoveryMsP99 = roundMs(quantile(waitsMs, 0.99));
      const recoveriesMs = waitsMs.map(roundMs);
      Object.assign(evidence, { recoveryMsP50, recoveryMsP99, recoveryMsBound: boundMs, recoveriesMs });
    }
    const rule = 'redelivered-in-time';
    if (never.length > 0) {
      const detail = `${never.length} jobs that ${said.victim} held were never delivered again, the first ${never[0]!.id}`;
      return finding(rule, detail, { ...evidence, neverRedelivered: never.length });
    }
    const p99 = quantile(waitsMs, 0.99);
    const detail = `p99 from ${said.fault} to redelivery is ${Number(p99.toFixed(2))} ms of at most ${boundMs} ms`;
    return finding(rule, !(p99 <= boundMs) && detail, evidence);
  };
}

/**
 * When a delivery is missing in the ledgers (the queue counted one attempt more, or a reap gave back what a worker had popped and
 * not yet claimed), whoever got it was killed before it wrote a line. Its kill is when that delivery had happened at the latest,
 * and when the wait for the next one began.
 */
function killOfUnseen(
  faults: readonly Fault[],
  returned: readonly LedgerLine[],
  atMs: number,
  next: LedgerLine,
  attempt: number | undefined,
): number | undefined {
  const counted = attempt !== undefined && next.attempt !== undefined && next.attempt > attempt + 1;
  const givenBackFor = (worker: string, killMs: number) =>
    returned.some(
      ({ job, atMs, from }) => job === next.job && atMs > killMs && from?.startsWith(`${worker}-`),
    );
  const longest = (killMs: number) => Math.max(killMs - atMs, next.atMs - killMs);
  return faults
    .filter((fault) => fault.kind === 'worker-kill' && fault.atMs > atMs && fault.atMs < next.atMs)
    .filter((fault) => counted || givenBackFor(fault.target, fault.atMs))
    .map((fault) => fault.atMs)
    .sort((a, b) => longest(a) - longest(b))[0];
}

function needsDelivery({ finalState }: JobAccount): boolean {
  return finalState !== undefined && finalState !== 'done' && finalState !== 'dead';
}

/** "dead-after-kills": a job whose workers were killed more often than that is a dead letter, and no other job is. */
export function deadAfterKills(survives: number): Rule {
  return (history) => {
    const { jobs } = accountOf(history);
    const kills = new Map<string, number>();
    for (const { kind, atMs, proof } of faultsOf(history.events)) {
      if (kind !== 'worker-kill') continue;
      for (const { job } of (proof.inFlight ?? []) as { job: string }[]) {
        // Done, and never claimed again: its result was recorded just before the kill.
        const known = jobs.get(job);
        const recorded = known?.finalState === 'done' && !known.claims.some((line) => line.atMs > atMs);
        if (!recorded) kills.set(job, (kills.get(job) ?? 0) + 1);
      }
    }
    // A worker that was killed before it wrote a line of a delivery: the queue counted it, the ledger did not.
    for (const { id, finalState, attempts, claims } of jobs.values()) {
      const unseen = finalState === 'dead' && attempts !== undefined ? attempts - claims.length : 0;
      if (unseen > 0 && kills.has(id)) kills.set(id, kills.get(id)! + unseen);
    }
    const often = [...kills].filter(([, count]) => count > survives).map(([job]) => job);
    const evidence = { killedTooOften: often.length };
    if (often.length === 0)
      return tooLittle(`no job's worker was killed more than ${survives} times`, evidence);
    const alive = often.filter((job) => jobs.get(job)?.finalState !== 'dead');
    if (alive.length > 0) {
      const detail = `${alive.length} of ${often.length} jobs whose workers were killed more than ${survives} times are no dead letters, the first ${alive[0]}`;
      return finding('dead-after-kills', detail, evidence);
    }
    const dead = [...jobs.values()].filter(({ finalState }) => finalState === 'dead');
    const early = dead.filter(({ id }) => !often.includes(id));
    const detail = `${early.length} jobs are dead letters though their workers were killed no more than ${survives} times, the first ${early[0]?.id}`;
    return finding('dead-after-kills', early.length > 0 && detail, evidence);
  };
}
