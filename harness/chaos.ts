// A whole run: the chosen claims one after the other, some beside the next ones, each with its control, and the store. Knows no
// flags and no exit status; cli.ts does.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { monotonicMs } from '../services/shared/clock.ts';
import { upperBound95 } from './checker/bound.ts';
import { type Cell, mergeCells } from './checker/cells.ts';
import { quantile } from './checker/quantile.ts';
import type { Claim } from './claim.ts';
import type { QueueUnderTest } from './queue-under-test.ts';
import { htmlReport } from './report/html.ts';
import { junit } from './report/junit.ts';
import {
  type ClaimResult,
  type Reporter,
  type Results,
  type RunInfo,
  summaryOf,
  verdictOrder,
} from './report/result.ts';
import { runClaim } from './run.ts';
import { createStore, type RunStore } from './store.ts';
import { storiesOf } from './stored-stories.ts';
import type { Stack } from './system/compose-ground.ts';
import type { DeadMan } from './system/dead-man.ts';
import type { RedisSource } from './system/redis-source.ts';

export interface ChaosOptions {
  claims: readonly Claim[];
  seed: number;
  /** How often each claim runs; run number n of a claim has the seed `seed + n - 1`. */
  repeat: number;
  outDir: string;
  redis: RedisSource;
  /** Where Redis was found, for people. */
  redisFrom: string;
  deadMan: DeadMan;
  reporter: Reporter;
  signal: AbortSignal;
  projectRoot: string;
  /** Skipped counts as unknown. */
  strict: boolean;
  queue?: QueueUnderTest;
  stack?: Stack;
}

/** The results, also on disk. Rejects with the signal's reason when it is interrupted; what was finished is stored. */
export async function runChaos(options: ChaosOptions): Promise<Results> {
  const began = monotonicMs();
  const startedAt = new Date();
  const id = `${startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${options.seed}`;
  const store = createStore(options.outDir, id);
  const run = describeRun(id, startedAt, options);
  const results: Results = { schema: 1, run, claims: [], summary: summaryOf([]) };
  const { reporter } = options;

  reporter.runStarted?.(run, options.claims, options.redisFrom);
  const finished = new Map<Claim, ClaimResult>();
  await runAll(options, async (claim) => {
    const result = await runRepeated(claim, store, options);
    finished.set(claim, result);
    results.claims = options.claims.flatMap((each) => finished.get(each) ?? []);
    results.summary = summaryOf(results.claims);
    run.durationMs = Math.round(monotonicMs() - began);
    store.results(results);
    reporter.claimFinished?.(result);
  });
  store.write('junit.xml', junit(results));
  store.write('report.html', htmlReport(results, await storiesOf(store.dir, results)));
  reporter.runFinished?.(results, store.dir);
  return results;
}

/** One claim after the other, but that the next ones do not wait for those that may run beside them. */
async function runAll(
  { claims, stack }: ChaosOptions,
  runOne: (claim: Claim) => Promise<void>,
): Promise<void> {
  const beside: Promise<void>[] = [];
  try {
    for (const claim of claims) {
      if (claim.alone) await Promise.all(beside);
      const over = runOne(claim);
      over.catch(() => {}); // heard of where it is awaited
      // Containers have enough to do with one system at a time.
      if (claim.beside && !stack) beside.push(over);
      else await over;
    }
  } finally {
    await Promise.allSettled(beside);
  }
  await Promise.all(beside);
}

async function runRepeated(claim: Claim, store: RunStore, options: ChaosOptions): Promise<ClaimResult> {
  const each: { seed: number; result: ClaimResult }[] = [];
  for (let turn = 0; turn < options.repeat; turn++) {
    const seed = (options.seed + turn) >>> 0;
    const claimStore = store.claim(claim.id, options.repeat > 1 ? turn + 1 : 0);
    const result = await runClaim(claim, claimStore, { ...options, seed });
    if (options.strict && result.verdict === 'skipped') result.verdict = 'unknown';
    each.push({ seed, result });
  }
  const worst = each.reduce((a, b) =>
    verdictOrder.indexOf(b.result.verdict) < verdictOrder.indexOf(a.result.verdict) ? b : a,
  ).result;
  if (options.repeat === 1) return worst;
  return {
    ...worst,
    evidence: { ...worst.evidence, ...overAll(each.map(({ result }) => result)) },
    repeats: each.map(({ seed, result: { verdict, why } }) => ({ seed, verdict, why })),
  };
}

/**
 * Lost of acknowledged over all repetitions, with the 95 % upper bound of the loss per job, and how long jobs waited after a
 * fault; of bare writes, for each kind of fault, with the upper bound of losing anything at all to one. (The writes before
 * one fault share its luck, faults do not.)
 */
function overAll(results: readonly ClaimResult[]): Record<string, unknown> {
  const cells = mergeCells(results.flatMap(({ evidence }) => (evidence.cells ?? []) as Cell[]));
  if (cells.length > 0) {
    const bounded = cells.map((cell) => ({
      ...cell,
      lossyFaultRateAtMost95: upperBound95(cell.timesWithLoss, cell.times),
    }));
    return { cells, overAllRepeats: { cells: bounded } };
  }
  const sum = (name: string) =>
    results.reduce((total, { evidence }) => total + Number(evidence[name] ?? 0), 0);
  const acknowledged = sum('acknowledged');
  if (acknowledged === 0) return {};
  const lost = sum('lost');
  const faults = results.reduce(
    (total, result) => total + result.faults.filter(({ landed }) => landed).length,
    0,
  );
  const lossRateAtMost95 = upperBound95(lost, acknowledged);
  return { overAllRepeats: { lost, acknowledged, faults, lossRateAtMost95, ...recoveryOverAll(results) } };
}

function recoveryOverAll(results: readonly ClaimResult[]): Record<string, number> {
  const waitsMs = results.flatMap(({ evidence }) => (evidence.recoveriesMs ?? []) as number[]);
  if (waitsMs.length === 0) return {};
  const [recoveryMsP50, recoveryMsP99] = [quantile(waitsMs, 0.5), quantile(waitsMs, 0.99)];
  return { recovered: waitsMs.length, recoveryMsP50, recoveryMsP99 };
}

function describeRun(
  id: string,
  startedAt: Date,
  { seed, redis, projectRoot, queue, stack }: ChaosOptions,
): RunInfo {
  return {
    id,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    seed,
    commit: commitOf(projectRoot),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpus: cpus().length,
    redis: {
      version: redis.version,
      provider: redis.kind,
      ...(redis.kind === 'docker' && { image: redis.image }),
    },
    system: stack === undefined ? 'processes' : 'compose',
    ...(queue && { queue: { name: queue.adapter.name, contract: queue.adapter.contract } }),
  };
}

function commitOf(root: string): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null;
  }
}
