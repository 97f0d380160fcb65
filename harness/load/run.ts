// A load test from its parts: the judge or a target, k6, and what came of it. Knows no flags and no exit status; load.ts does.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { FaultEvent } from '../op.ts';
import { createStore } from '../store.ts';
import type { DeadMan } from '../system/dead-man.ts';
import type { RedisSource } from '../system/redis-source.ts';
import type { K6Binary } from '../toolchain/k6.ts';
import { findBreakpoint, type Step } from './breakpoint.ts';
import { loadDuringChaos } from './during-chaos.ts';
import type { LoadFlags } from './flags.ts';
import { type K6Options, runK6 } from './k6-run.ts';
import { type OwnJudge, startOwnJudge } from './own-judge.ts';
import { describeRun, keep, type LoadResults, type LoadRun, resultsOf } from './results.ts';
import { emptyTally, tallyUp, told } from './tally.ts';
import type { Target } from './target.ts';

export interface LoadOptions {
  flags: LoadFlags;
  k6: K6Binary;
  /** A judge that runs already, or the Redis for one that is started. */
  on: { target: Target } | { redis: RedisSource };
  outDir: string;
  deadMan: DeadMan;
  projectRoot: string;
  signal: AbortSignal;
  teller: Teller;
}

/** Told what happens. */
export interface Teller {
  began(run: LoadRun): void;
  /** What goes on now; may come many times a second. */
  now(line: string): void;
  /** @param atMs since the load began */
  fault(fault: FaultEvent, atMs: number): void;
  step(step: Step): void;
}

export interface Load {
  results: LoadResults;
  /** Where everything is. */
  dir: string;
}

/** Faults need a while; k6's own default is the same. */
const chaosMs = 30_000;
const drawEveryMs = 200;

/** Rejects with the signal's reason when it is interrupted; what k6 had by then is stored. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const { flags, k6, outDir, projectRoot } = options;
  const { version, from } = k6;
  const described = describeRun(
    { scenario: flags.scenario.name, seed: flags.seed, k6: { version, from } },
    projectRoot,
  );
  // The seed is the same each time, so two that begin in one second must be told apart.
  while (existsSync(join(outDir, described.id))) described.id += '+';
  const dir = join(createStore(outDir, described.id).dir, 'load');
  mkdirSync(dir, { recursive: true });
  options.teller.now('starting the judge …');
  const own = await startOwn(options, dir);
  try {
    return { results: await loaded(options, described, own, dir), dir };
  } finally {
    await own?.stop();
  }
}

/** `undefined`: the target runs already. */
async function startOwn({ flags, on, ...place }: LoadOptions, dir: string): Promise<OwnJudge | undefined> {
  if ('target' in on) return undefined;
  const { workers, queue, scenario } = flags;
  return startOwnJudge({ ...place, ...on, workers, queue, dir, faults: scenario.name === 'during-chaos' });
}

async function loaded(
  { flags, k6, on, deadMan, signal, teller }: LoadOptions,
  described: ReturnType<typeof describeRun>,
  own: OwnJudge | undefined,
  dir: string,
): Promise<LoadResults> {
  const began = monotonicMs();
  signal.throwIfAborted();
  const { scenario, seed, queue, workers, rate, durationMs } = flags;
  const target = 'target' in on ? on.target : own!;
  const judge = 'redis' in on ? { queue, workers, redis: on.redis.version } : null;
  const run: LoadRun = { ...described, target: target.url, judge };
  teller.began(run);
  const { onLine, restart, stop } = followed(teller);
  try {
    const runId = `${run.id}-${randomBytes(4).toString('hex')}`;
    const common = { k6, scenario, target, rate, durationMs, seed, runId, dir, deadMan, signal, onLine };
    const what = await scenarioOf(common, own, teller, restart);
    run.durationMs = Math.round(monotonicMs() - began);
    const results = resultsOf(run, what);
    keep(dir, results);
    signal.throwIfAborted();
    return results;
  } finally {
    stop();
  }
}

async function scenarioOf(
  common: K6Options,
  own: OwnJudge | undefined,
  teller: Teller,
  restart: (label: string) => void,
): Promise<Parameters<typeof resultsOf>[1]> {
  const { scenario, durationMs = chaosMs } = common;
  if (scenario.name === 'breakpoint') {
    const breakpoint = await findBreakpoint({
      ...common,
      own,
      onStep: teller.step,
      beforeStep: (rate) => restart(`${rate}/s: `),
    });
    return { breakpoint };
  }
  if (scenario.name === 'during-chaos' && own !== undefined) {
    const { summary, both } = await loadDuringChaos({
      ...common,
      own,
      durationMs,
      onFault: teller.fault,
      onPhase: (phase) => restart(`${phase} … `),
    });
    return { summary, accounts: both };
  }
  const summary = await runK6(common);
  return summary === undefined ? {} : { summary };
}

/** Tells how far it is, from the journal, several times a second. */
function followed(teller: Teller) {
  let tally = emptyTally();
  let label = '';
  let beganMs = monotonicMs();
  const timer = setInterval(() => teller.now(label + told(tally, monotonicMs() - beganMs)), drawEveryMs);
  return {
    onLine: (line: Parameters<typeof tallyUp>[1]) => {
      if (line.event === 'planned') beganMs = monotonicMs();
      tallyUp(tally, line);
    },
    /** Another k6, or none any more. */
    restart: (next: string) => {
      label = next;
      tally = emptyTally();
    },
    stop: () => clearInterval(timer),
  };
}
