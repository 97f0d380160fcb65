// What became of every write, fault by fault. Pure and linear in the history's length times the number of faults.
//
// A write that was acknowledged, or that was read back after an earlier fault, must be there after the next one, or it is
// lost. One that ended in `info` (or never) may be there or not. One that was refused must not be there: a phantom. Whatever
// else is there is a stranger: nobody wrote it.

import type { History } from '../history.ts';
import { type Event, type Fault, faultsOf, type Op } from '../op.ts';
import { askAscending, type Range } from './ranges.ts';

export interface Write {
  writer: number;
  n: number;
  invokedAtMs: number;
  outcome: 'ok' | 'fail' | 'info';
  /** When the reply came that says `ok`. */
  acknowledgedAtMs: number | undefined;
  /** It was read back after an earlier fault. */
  seen: boolean;
  /** Gone since the survey after that fault: lost if it was acknowledged, else just not there. */
  goneIn: number | undefined;
}

/** One fault, and what was there after it. */
export interface Round {
  index: number;
  fault: Fault;
  /** Acknowledged or seen before, and not lost by an earlier fault: all of them should be there. */
  acknowledged: Write[];
  lost: Write[];
  /** How many were acknowledged since Redis was back from the fault before. */
  acknowledgedSinceBack: number;
  /** Acknowledged within the last second before the fault. */
  inLastSecond: number;
  unacknowledged: { present: number; absent: number };
  /** Lost, although a write that came after it survived: not a suffix but a hole. */
  holes: Write[];
  phantoms: Write[];
  strangers: string[];
  strangersCount: number;
  /**
   * From the last acknowledged write that survived to the fault, or from the first that this fault took if that is later
   * (none survived, or what lies between was lost before); 0: no loss.
   */
  lossWindowMs: number;
}

export interface Snapshot {
  /** Between these two the fork was made. */
  invokedAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
}

export interface Durability {
  writes: Write[];
  rounds: Round[];
  /** Those that were finished, in order. */
  snapshots: Snapshot[];
}

const lastSecondMs = 1000;
const known = new WeakMap<History, Durability>();

/** Computed once for all rules. */
export function durabilityOf(history: History): Durability {
  let books = known.get(history);
  if (books === undefined) {
    books = account(history);
    known.set(history, books);
  }
  return books;
}

interface SurveyValue {
  round: number | 'steady';
  present: Record<number, Range[]>;
  strangers: string[];
  strangersCount: number;
}

function account({ events }: History): Durability {
  const writes = writesOf(events);
  const faults = faultsOf(events);
  const rounds: Round[] = [];
  for (const { round, ...seen } of surveysOf(events)) {
    const fault = typeof round === 'number' ? faults[round] : undefined;
    // A fault that did not land ended nothing, so what is there after it says nothing.
    if (fault?.landed !== true) continue;
    const backAtMs = rounds.at(-1)?.fault.healedAtMs ?? 0;
    rounds.push(roundOf(rounds.length, fault, backAtMs, writes, seen));
  }
  return { writes, rounds, snapshots: snapshotsOf(events) };
}

/** In the order in which they were sent. */
function writesOf(events: readonly Event[]): Write[] {
  const writes: Write[] = [];
  const underWay = new Map<number, Write>();
  for (const event of events) {
    if (event.type !== 'op' || event.f !== 'write') continue;
    if (event.kind === 'invoke') {
      const { writer, n } = event.value as { writer: number; n: number };
      const write: Write = {
        writer,
        n,
        invokedAtMs: event.atMs,
        outcome: 'info',
        acknowledgedAtMs: undefined,
        seen: false,
        goneIn: undefined,
      };
      writes.push(write);
      underWay.set(event.process, write);
      continue;
    }
    const write = underWay.get(event.process);
    if (write === undefined) continue;
    underWay.delete(event.process);
    write.outcome = event.kind;
    if (event.kind === 'ok') write.acknowledgedAtMs = event.atMs;
  }
  return writes;
}

function surveysOf(events: readonly Event[]): SurveyValue[] {
  return events
    .filter((event): event is Op => isDone(event, 'survey'))
    .map(({ value }) => value as SurveyValue);
}

function isDone(event: Event, f: string): event is Op {
  return event.type === 'op' && event.f === f && event.kind === 'ok';
}

function roundOf(
  index: number,
  fault: Fault,
  backAtMs: number,
  writes: readonly Write[],
  { present, strangers, strangersCount }: Omit<SurveyValue, 'round'>,
): Round {
  const round: Round = {
    index,
    fault,
    acknowledged: [],
    lost: [],
    acknowledgedSinceBack: 0,
    inLastSecond: 0,
    unacknowledged: { present: 0, absent: 0 },
    holes: [],
    phantoms: [],
    strangers,
    strangersCount,
    lossWindowMs: 0,
  };
  const asks = new Map<number, (n: number) => boolean>();
  const isPresent = ({ writer, n }: Write): boolean => {
    let ask = asks.get(writer);
    if (ask === undefined) {
      ask = askAscending(present[writer] ?? []);
      asks.set(writer, ask);
    }
    return ask(n);
  };
  let lastSurvivorSentAtMs = Number.NEGATIVE_INFINITY;
  let lastSurvivorAcknowledgedAtMs = Number.NEGATIVE_INFINITY;
  const lastOfWriter = new Map<number, number>();
  const healedAtMs = fault.healedAtMs ?? Number.POSITIVE_INFINITY;

  for (const write of writes) {
    if (write.invokedAtMs > healedAtMs) break; // sent after the recovery
    if (write.goneIn !== undefined) continue;
    const there = isPresent(write);
    const { outcome, acknowledgedAtMs } = write;
    if (outcome === 'fail') {
      if (there) round.phantoms.push(write);
      continue;
    }
    if (there) {
      lastSurvivorSentAtMs = Math.max(lastSurvivorSentAtMs, write.invokedAtMs);
      lastOfWriter.set(write.writer, write.n);
    }
    if (outcome === 'ok' || write.seen) {
      round.acknowledged.push(write);
      if ((acknowledgedAtMs ?? 0) >= backAtMs) round.acknowledgedSinceBack++;
      if ((acknowledgedAtMs ?? 0) >= fault.atMs - lastSecondMs) round.inLastSecond++;
      if (there) {
        lastSurvivorAcknowledgedAtMs = Math.max(lastSurvivorAcknowledgedAtMs, acknowledgedAtMs ?? 0);
      } else round.lost.push(write);
    } else round.unacknowledged[there ? 'present' : 'absent']++;
    if (there) write.seen = true;
    else write.goneIn = index;
  }

  round.holes = round.lost.filter(
    ({ acknowledgedAtMs, writer, n }) =>
      n < (lastOfWriter.get(writer) ?? -1) ||
      (acknowledgedAtMs !== undefined && acknowledgedAtMs < lastSurvivorSentAtMs),
  );
  if (round.lost.length > 0) {
    const firstLostAtMs = round.lost.reduce(
      (first, { acknowledgedAtMs }) => Math.min(first, acknowledgedAtMs ?? first),
      fault.atMs,
    );
    round.lossWindowMs = Math.max(0, fault.atMs - Math.max(lastSurvivorAcknowledgedAtMs, firstLostAtMs));
  }
  return round;
}

function snapshotsOf(events: readonly Event[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  let invokedAtMs = 0;
  let startedAtMs = 0;
  for (const event of events) {
    if (event.type === 'op' && event.f === 'snapshot') {
      if (event.kind === 'invoke') invokedAtMs = event.atMs;
      else startedAtMs = event.atMs;
    } else if (event.type === 'observation' && event.f === 'snapshot-finished') {
      if ((event.value as { status?: string }).status !== 'ok') continue;
      snapshots.push({ invokedAtMs, startedAtMs, finishedAtMs: event.atMs });
    }
  }
  return snapshots;
}
