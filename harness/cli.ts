// `npm run chaos`: from flags to an exit status. The flags are in flags.ts; what a run does is in chaos.ts and run.ts.
//
// Exit status: 0 every claim held · 1 any refuted · 2 none refuted, some unknown · 64 bad usage · 70 the harness failed ·
// 130 interrupted by a signal, or by the end of whoever read the output; everything is cleaned up then.

import { resolve } from 'node:path';
import { monotonicMs } from '../services/shared/clock.ts';
import { metricInfos } from '../services/shared/metric-names.ts';
import { isFile, loadAdapter } from '../services/shared/queue/load.ts';
import { type ChaosOptions, runChaos } from './chaos.ts';
import { loadClaims, selectClaims } from './claims/index.ts';
import { exitWith, onInterrupt, write } from './command.ts';
import { type Flags, parseFlags } from './flags.ts';
import { type QueueUnderTest, usesQueue } from './queue-under-test.ts';
import { annotations } from './report/annotations.ts';
import { answer } from './report/answer.ts';
import { listing } from './report/listing.ts';
import { multiplex } from './report/multiplexer.ts';
import type { Results } from './report/result.ts';
import { runMetrics } from './report/run-metrics.ts';
import { terminal } from './report/terminal.ts';
import { planClaim } from './run.ts';
import { startDeadMan } from './system/dead-man.ts';
import { findRedis, UsageError } from './system/find-redis.ts';
import { serveMetrics } from './system/metrics-endpoint.ts';
import { assertWritable } from './writable.ts';
import { assertTaken, yourSettings } from './your-settings.ts';

const projectRoot = resolve(import.meta.dirname, '..');
/** How long an interrupted run may take to end in good order; then the dead-man ends what is left of it. */
const tearDownMs = 1500;
/** How long Grafana may take to hear of the last faults. */
const annotationsMs = 1000;

class Interrupted extends Error {}

const interrupted = onInterrupt();
await exitWith(await main(process.argv.slice(2)));

async function main(argv: string[]): Promise<number> {
  try {
    const flags = parseFlags(argv);
    if (flags === undefined) return 0;
    const queue = await chosenQueue(flags);
    const claims = choose(await loadClaims(), flags, queue);
    if (flags.list) {
      await write(process.stdout, listing(claims, flags.json === true));
      return 0;
    }
    const results = await chaos(flags, flags.redisConfig ? [yourSettings(flags.redisConfig)] : claims, queue);
    if (flags.json) await write(process.stdout, `${JSON.stringify(results, null, 2)}\n`);
    return statusOf(results);
  } catch (error) {
    return fail(error);
  }
}

async function chaos(
  flags: Flags,
  claims: ChaosOptions['claims'],
  queue: QueueUnderTest | undefined,
): Promise<Results> {
  const stream = flags.json ? process.stderr : process.stdout;
  const say = (line: string) => void stream.write(`${line}\n`);
  const outDir = resolve(flags.out);
  assertWritable(outDir, '--out');
  const found = await orInterrupted(findRedis({ flag: flags.redis, projectRoot, env: process.env, say }));
  const { grafana } = flags;
  const metrics = runMetrics(metricInfos, monotonicMs);
  const token = process.env.GRAFANA_TOKEN;
  const warn = (line: string) => void process.stderr.write(`${line}\n`);
  const annotated = grafana && annotations({ grafana, warn, ...(token && { token }) });
  const reporter = multiplex([
    terminal({ stream, now: monotonicMs, dumb: process.env.TERM === 'dumb' }),
    metrics.reporter,
    ...(annotated ? [annotated.reporter] : []),
  ]);
  const endpoint =
    flags.metricsPort > 0
      ? await serveMetrics(flags.metricsHost, flags.metricsPort, metrics.text)
      : undefined;
  const deadMan = await startDeadMan();
  try {
    if (flags.redisConfig) await orInterrupted(assertTaken(flags.redisConfig, found.redis, deadMan));
    const run = runChaos({
      claims,
      seed: flags.seed,
      repeat: flags.repeat,
      outDir,
      redis: found.redis,
      redisFrom: found.from,
      deadMan,
      reporter,
      signal: interrupted.signal,
      projectRoot,
      strict: flags.strict === true,
      ...(queue && { queue }),
    });
    const results = await orInterrupted(run);
    if (flags.redisConfig) say(answer(results.claims[0]!, flags.redisConfig, stream.columns));
    return results;
  } finally {
    await deadMan.dismiss();
    await Promise.all([annotated?.settled(annotationsMs), endpoint?.close()]);
  }
}

/** What the work gives. Work that is interrupted gets a moment for its tear-down, and no more. */
async function orInterrupted<T>(work: Promise<T>): Promise<T> {
  const { signal } = interrupted;
  const enough = new Promise<never>((_, reject) => {
    const abort = () => setTimeout(() => reject(signal.reason), tearDownMs);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, enough]);
  } catch (error) {
    throw signal.aborted ? new Interrupted(signal.reason.message) : error;
  }
}

/** The list has the long ones too. With --queue only those that have a queue. */
function choose(
  claims: ChaosOptions['claims'],
  { claim, all, list }: Flags,
  queue: QueueUnderTest | undefined,
): ChaosOptions['claims'] {
  try {
    const selected = selectClaims(claims, claim, all === true || list === true);
    if (queue === undefined) return selected;
    const ofQueue = selected.filter((one) => usesQueue(planClaim(one, 0).claim));
    if (ofQueue.length > 0) return ofQueue;
    throw new UsageError('--queue: none of the claims that --claim chooses has a queue');
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  }
}

async function chosenQueue({ queue }: Flags): Promise<QueueUnderTest | undefined> {
  if (queue === undefined) return undefined;
  try {
    const adapter = await loadAdapter(queue);
    return { spec: isFile(queue) ? resolve(queue) : queue, adapter };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`--${error.message}`, { cause: error }) : error;
  }
}

function statusOf({ summary }: Results): number {
  if (summary.refuted > 0) return 1;
  return summary.unknown > 0 ? 2 : 0;
}

async function fail(error: unknown): Promise<number> {
  if (error instanceof Interrupted) {
    await write(process.stderr, `\ninterrupted (${error.message}); all that the run had started is gone\n`);
    return 130;
  }
  if (error instanceof UsageError) {
    await write(process.stderr, `${error.message}\n`);
    return 64;
  }
  await write(process.stderr, `the harness failed: ${(error as Error).stack}\n`);
  return 70;
}
