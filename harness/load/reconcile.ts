// Joins the clients' account with the system's own: each submission in k6's journal, with what the ledgers and the final reads
// say of it. Pure; it counts with the same accounting that the claims use.

import type { JournalLine } from '../../loadtests/lib/journal.ts';
import type { LoadSummary } from '../../loadtests/lib/summary.ts';
import { account, summarize } from '../checker/accounting.ts';
import { causeOf } from '../checker/cause.ts';
import type { History } from '../history.ts';
import { type Event, type Fault, faultsOf, type Op } from '../op.ts';
import { outcomeOf } from '../outcome.ts';

export interface Reconciled {
  /** By the clients' account: a 202 was seen. */
  accepted: number;
  /** What became of those, by the system's account: exactly one of these each. */
  doneOnce: number;
  doneManyTimes: number;
  pending: number;
  deadLettered: number;
  lost: number;
  /** Not accepted by the clients' account: certainly not there, or unknown; and those of them that were run although refused. */
  refused: number;
  indeterminate: number;
  indeterminateDone: number;
  phantom: number;
  unexpected: number;
  /** How the clients learned of the verdicts of accepted ones. */
  seenByWebSocket: number;
  seenByGet: number;
  neverSeen: number;
  /** A verdict at a client that is not the one which the system recorded. */
  disagreeing: number;
  redeliveries: number;
  /** The lost ones by name, with the cause where the history shows one; at most twenty. */
  lostJobs: { id: string; cause: string }[];
  faults: { workerKills: number; landedInMidJob: number; redisRestarts: number };
}

/** k6's own names of errors that are certain; any other may have had an effect. */
const k6Codes: Readonly<Record<string, string>> = { 'k6-1212': 'ECONNREFUSED' };

/**
 * The submissions as ops.
 * @param idOf the id that an idempotency key stands for
 * @param toHistoryMs from the journal's wall clock to that of the history
 */
export function submissionOps(
  lines: readonly JournalLine[],
  idOf: (key: string) => string,
  toHistoryMs: (atMs: number) => number,
): Op[] {
  return lines.flatMap((line): Op[] => {
    if (line.event !== 'accepted' && line.event !== 'refused') return [];
    const id = line.event === 'accepted' ? line.id : idOf(line.key);
    const atMs = toHistoryMs(line.atMs);
    const op = { type: 'op', atMs, process: line.n, f: 'submit', value: { id } } as const;
    const invoke: Op = { ...op, kind: 'invoke' };
    if (line.event === 'accepted') return [invoke, { ...op, atMs: atMs + line.acceptMs, kind: 'ok' }];
    const code = k6Codes[line.code] ?? line.code;
    return [invoke, { ...op, kind: outcomeOf(code), error: code }];
  });
}

/** @param history with the ops of these lines in it, the faults, and the final reads */
export function reconcile(lines: readonly JournalLine[], history: History): Reconciled {
  const books = account(history);
  const figures = summarize(books);
  const faults = faultsOf(history.events);
  const seen = new Map<string, Extract<JournalLine, { event: 'verdict' }>>();
  const accepted = new Set<string>();
  for (const line of lines) {
    if (line.event === 'accepted') accepted.add(line.id);
    if (line.event === 'verdict') seen.set(line.id, line);
  }
  const verdicts = [...accepted].flatMap((id) => seen.get(id) ?? []);
  const disagree = ({ id, verdict }: { id: string; verdict: string }) => {
    const recorded = books.jobs.get(id)?.verdict;
    return recorded !== undefined && recorded !== verdict;
  };
  return {
    accepted: accepted.size,
    doneOnce: figures.doneOnce!,
    doneManyTimes: figures.doneManyTimes!,
    pending: figures.pending! + figures.inFlight!,
    deadLettered: figures.deadLettered!,
    lost: figures.lost!,
    refused: figures.refused!,
    indeterminate: figures.indeterminate!,
    indeterminateDone: books.categories.indeterminate.filter(({ finalState }) => finalState === 'done')
      .length,
    phantom: figures.phantom!,
    unexpected: figures.unexpected!,
    seenByWebSocket: verdicts.filter(({ via }) => via === 'websocket').length,
    seenByGet: verdicts.filter(({ via }) => via === 'get').length,
    neverSeen: accepted.size - verdicts.length,
    disagreeing: verdicts.filter(disagree).length,
    redeliveries: books.redeliveries,
    lostJobs: books.categories.lost.slice(0, 20).map((job) => ({ id: job.id, cause: causeOf(job, faults) })),
    faults: countFaults(faults),
  };
}

function countFaults(faults: readonly Fault[]): Reconciled['faults'] {
  const kills = faults.filter(({ kind }) => kind === 'worker-kill');
  return {
    workerKills: kills.length,
    landedInMidJob: kills.filter(({ landed }) => landed).length,
    redisRestarts: faults.filter(({ kind, landed }) => kind === 'redis-kill' && landed).length,
  };
}

/** What must be true of both accounts together, as further objectives of the run. */
export function objectivesOfBoth(both: Reconciled): LoadSummary['objectives'] {
  const { accepted, doneOnce, doneManyTimes, pending, deadLettered, lost, faults } = both;
  const none = (says: string, count: number, of = accepted) => ({
    says,
    met: count === 0,
    seen: `${count} of ${of}`,
  });
  const sum = doneOnce + doneManyTimes + pending + deadLettered + lost;
  return [
    {
      says: 'a worker was killed in mid-job',
      met: faults.landedInMidJob > 0,
      seen: `${faults.landedInMidJob} of ${faults.workerKills} kills`,
    },
    {
      says: 'Redis was killed and restarted',
      met: faults.redisRestarts > 0,
      seen: times(faults.redisRestarts),
    },
    { says: 'both accounts add up', met: sum === accepted, seen: `${sum} of ${accepted}` },
    none('no accepted submission was lost', lost),
    none('none has two results', doneManyTimes),
    none('none is open or a dead letter', pending + deadLettered),
    none('none ran that was refused or unsent', both.phantom + both.unexpected, both.refused),
    none('every verdict reached its client', both.neverSeen),
    none('it was the recorded one', both.disagreeing),
  ];
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** Submissions, faults and reads in the order in which they happened. */
export function inOrder(...parts: readonly (readonly Event[])[]): Event[] {
  return parts.flat().sort((a, b) => a.atMs - b.atMs);
}
