// `during-chaos`: k6 loads the judge while workers are SIGKILLed in mid-job and Redis (AOF always) is SIGKILLed and restarted.
// Afterwards everything is read back, and both accounts are joined (reconcile.ts).

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalLine } from '../../loadtests/lib/journal.ts';
import type { LoadSummary } from '../../loadtests/lib/summary.ts';
import { monotonicMs } from '../../services/shared/clock.ts';
import { idFromKey, type LedgerLine } from '../../services/shared/contract.ts';
import type { NemesisArena } from '../claim.ts';
import { createRecorder, type Recorder } from '../history.ts';
import { killWorkers } from '../nemesis/kill-workers.ts';
import { restartRedis } from '../nemesis/restart-redis.ts';
import type { FaultEvent } from '../op.ts';
import { createRandom, type Random } from '../random.ts';
import { arenaOf } from '../run.ts';
import { waitUntil } from '../wait.ts';
import { createHttpClient, type HttpClient } from '../workload/http-client.ts';
import { finalRead, look } from '../workload/submission-client.ts';
import { type K6Options, runK6 } from './k6-run.ts';
import type { OwnJudge } from './own-judge.ts';
import { inOrder, objectivesOfBoth, type Reconciled, reconcile, submissionOps } from './reconcile.ts';

export interface ChaosRun {
  summary: LoadSummary;
  both: Reconciled;
}

export interface DuringChaosOptions extends K6Options {
  own: OwnJudge;
  durationMs: number;
  /** @param atMs since the load began */
  onFault(fault: FaultEvent, atMs: number): void;
  /** Told what goes on once k6 has ended. */
  onPhase(phase: string): void;
}

const killEveryMs = 2500;
const restartEveryMs = 6000;
const downMs = 300;
/** The faults strike in this part of the load: what was before and what comes after is seen too. */
const share = 0.7;
const settleDeadlineMs = 40_000;
const readersCount = 8;

export async function loadDuringChaos(options: DuringChaosOptions): Promise<ChaosRun> {
  const { own, dir, signal } = options;
  const { originMs } = own.system;
  const now = () => monotonicMs() - originMs;
  const wallToHistoryMs = now() - Date.now();
  const { lines, recorder, summary } = await loadUnderFaults(options, now);
  signal.throwIfAborted();
  await readBack(options, lines, recorder);

  const ops = submissionOps(lines, idFromKey, (atMs) => atMs + wallToHistoryMs);
  const events = inOrder(ops, recorder.events);
  const ledger = own.system.ledger
    .read()
    .map((line): LedgerLine => ({ ...line, atMs: line.atMs - originMs }))
    .sort((a, b) => a.atMs - b.atMs);
  writeLines(join(dir, 'history.ndjson'), events);
  writeLines(join(dir, 'ledger.ndjson'), ledger);
  const both = reconcile(lines, { events, ledger });
  return { summary: { ...summary!, objectives: [...summary!.objectives, ...objectivesOfBoth(both)] }, both };
}

interface Loaded {
  lines: JournalLine[];
  recorder: Recorder;
  summary: LoadSummary | undefined;
}

async function loadUnderFaults(options: DuringChaosOptions, now: () => number): Promise<Loaded> {
  let beganMs = 0;
  const recorder = createRecorder(now, (event) => {
    if (event.type === 'fault' && event.step === 'inject') options.onFault(event, event.atMs - beganMs);
  });
  const lines: JournalLine[] = [];
  const over = new AbortController();
  const begun = Promise.withResolvers<void>();
  const arena = { ...arenaOf(options.own.system, recorder, options.signal), faultsOver: over.signal };
  const random = createRandom(options.seed, 'during-chaos');
  const faults = begun.promise.then(() => inject(random, options.durationMs, arena, over.signal));
  faults.catch(() => {}); // awaited below; if k6 fails first, its error is the one that counts
  const summary = await runK6({
    ...options,
    onLine: (line) => {
      lines.push(line);
      if (line.event === 'planned') beganMs = now();
      if (line.event === 'accepted') begun.resolve();
      options.onLine(line);
    },
  }).finally(() => {
    over.abort(new Error('the load is over'));
    begun.resolve();
  });
  await faults;
  return { lines, recorder, summary };
}

/** Waits until everything that was accepted is final or nothing moves any more, then records a final read of every submission. */
async function readBack(
  { own, signal, onPhase }: DuringChaosOptions,
  lines: readonly JournalLine[],
  recorder: Recorder,
): Promise<void> {
  const http = createHttpClient();
  const url = () => own.url;
  try {
    onPhase('waiting until everything is judged');
    const accepted = lines.flatMap((line) => (line.event === 'accepted' ? [line.id] : []));
    const settled = await settle(http, url, accepted, own, signal);
    recorder.phase('quiesce', 'end', { settled });
    onPhase('reading everything back');
    const refused = lines.flatMap((line) => (line.event === 'refused' ? [idFromKey(line.key)] : []));
    await inParallel([...accepted, ...refused], (id) => finalRead(http, recorder, url, id));
  } finally {
    http.close();
  }
}

/** Both kinds at once, from a while after the first submission. What the load's end cuts off is left out, not an error. */
async function inject(
  random: Random,
  durationMs: number,
  arena: NemesisArena,
  over: AbortSignal,
): Promise<void> {
  if (over.aborted) return; // not one submission was accepted
  const times = (everyMs: number) => Math.max(1, Math.floor((durationMs * share) / everyMs));
  const gaps = (count: number): [number, number] => {
    const gapMs = (durationMs * share) / count;
    return [Math.floor(gapMs * 0.7), Math.ceil(gapMs)];
  };
  const [kills, restarts] = [times(killEveryMs), times(restartEveryMs)];
  const killing = killWorkers(random, { times: kills, everyMs: gaps(kills) });
  const restarting = restartRedis(random, { times: restarts, everyMs: gaps(restarts), downMs });
  await delay((durationMs * (1 - share)) / 3, undefined, { signal: arena.signal });
  await Promise.all([
    // Redis must be up again at the end, whatever the load does.
    restarting.inject(arena),
    killing.inject({ ...arena, signal: AbortSignal.any([arena.signal, over]) }).catch((error: Error) => {
      if (!over.aborted) throw error;
    }),
  ]);
  await killing.heal?.(arena);
}

/** `final`: all accepted ones are. `quiet`: nothing waits and nothing moves, yet some are not. `busy`: the deadline came first. */
async function settle(
  http: HttpClient,
  url: () => string,
  ids: readonly string[],
  { system }: OwnJudge,
  signal: AbortSignal,
): Promise<'final' | 'quiet' | 'busy'> {
  const open = new Set(ids);
  const quietMs = 3 * system.spec.leaseMs + 1000;
  const until = monotonicMs() + settleDeadlineMs;
  let [length, changedAtMs] = [0, monotonicMs()];
  const round = async () => {
    for (const id of [...open]) {
      const record = await look(http, url, id).catch(() => undefined);
      if (record?.state !== 'done' && record?.state !== 'dead') break;
      open.delete(id);
    }
    if (open.size === 0) return 'final';
    const lines = system.ledger.read().length;
    if (lines !== length) changedAtMs = monotonicMs();
    length = lines;
    if (monotonicMs() - changedAtMs > quietMs && (await system.counts()).queued === 0) return 'quiet';
    return monotonicMs() > until ? 'busy' : undefined;
  };
  return waitUntil(round, {
    what: 'the accepted submissions to be judged',
    deadlineMs: settleDeadlineMs * 2,
    everyMs: 50,
    signal,
  });
}

async function inParallel(ids: string[], work: (id: string) => Promise<void>): Promise<void> {
  const reader = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) await work(id);
  };
  await Promise.all(Array.from({ length: readersCount }, reader));
}

function writeLines(file: string, values: readonly unknown[]): void {
  writeFileSync(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
