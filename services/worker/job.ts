// What happens to one claim: run its program, record the verdict, tell the world. Or, when the worker has to stop first,
// give it back. Whatever a job contains, the worker goes on; only a ledger that cannot be written ends it, because then
// nobody could say any more what was executed.

import { type Judgement, type Submission, submissionSchema } from '../shared/contract.ts';
import { findProblem } from '../shared/judge/problems.ts';
import type { Ledger } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import { queueName } from '../shared/metrics.ts';
import type { Acked, Claim, Consumer } from '../shared/queue/queue.ts';
import { type Attempt, acking, inSpan, processing } from '../shared/telemetry/tracing.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { Pool } from './pool.ts';
import { pause, untilAnswered } from './retry.ts';
import type { PublishStatus } from './status-publisher.ts';

export interface JobTools {
  consumer: Consumer;
  pool: Pool;
  ledger: Ledger;
  log: Log;
  metrics: WorkerMetrics;
  publish: PublishStatus;
}

const retryEveryMs = 75;
const releaseTriesMs = 1000;

/** @param giveUp aborts when the worker must stop, whatever it holds */
export function processClaim(claim: Claim, tools: JobTools, giveUp: AbortSignal): Promise<void> {
  const { id: job, fence, attempt } = claim;
  tools.ledger({ event: 'claimed', job, fence, attempt });
  return processing(claim, (span) => {
    countClaim(claim, tools.metrics);
    return attemptJob(claim, span, tools, giveUp);
  });
}

async function attemptJob(claim: Claim, span: Attempt, tools: JobTools, giveUp: AbortSignal): Promise<void> {
  const { ledger, log, metrics, publish } = tools;
  const beganMs = performance.now();
  const { id: job, fence, attempt } = claim;
  publish({ id: job, state: 'running', version: claim.version, attempts: attempt });
  try {
    const judgement = await judged(claim, tools);
    ledger({ event: 'finished', job, fence, attempt, verdict: judgement.verdict });
    span.judged(judgement.verdict);
    span.acked(await record(claim, judgement, tools, giveUp));
    metrics.processDurationSeconds.observe({}, (performance.now() - beganMs) / 1000);
  } catch (error) {
    log.warn({ job, fence, error: (error as Error).message }, 'job not finished, giving it back');
    // Were it at once, a machine on which no thread starts would pass its jobs round in circles.
    await pause(retryEveryMs, giveUp);
    span.unfinished(await release(claim, tools));
  }
}

function countClaim({ attempt, enqueuedAtMs }: Claim, metrics: WorkerMetrics): void {
  const labels = { queue: queueName, delivery: attempt > 1 ? 'again' : 'first' };
  metrics.consumed.inc(labels);
  if (enqueuedAtMs !== undefined) metrics.queueWaitSeconds.observe(labels, secondsSince(enqueuedAtMs));
}

/** The clocks of two machines may differ; nothing takes less than no time. */
function secondsSince(wallMs: number): number {
  return Math.max(0, Date.now() - wallMs) / 1000;
}

/** Rejects if the pool could not run it; that says nothing about the program. */
async function judged(claim: Claim, { pool, ledger, log, metrics }: JobTools): Promise<Judgement> {
  const { id: job, fence, attempt } = claim;
  const submission = parsePayload(claim.payload);
  if (typeof submission === 'string') {
    metrics.invalidMessages.inc({ source: 'queue' });
    log.warn({ job, why: submission }, 'invalid job');
    return { verdict: 'RE', passed: 0, total: 0, runMs: 0, message: submission.slice(0, 500) };
  }
  const judgement = await inSpan(
    'run sandbox',
    { attributes: { 'judge.language': submission.language } },
    async (span) => {
      const ran = await pool.run(submission, () => ledger({ event: 'started', job, fence, attempt }));
      span.setAttribute('judge.verdict', ran.verdict);
      return ran;
    },
  );
  const { verdict, runMs } = judgement;
  metrics.sandboxRunDurationSeconds.observe({ language: submission.language, verdict }, runMs / 1000);
  return judgement;
}

/** The submission, or what is wrong with it. */
function parsePayload(payload: string): Submission | string {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return 'invalid submission: not JSON';
  }
  const parsed = submissionSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return `invalid submission: ${[...path.map(String), message].join(': ')}`;
  }
  const { problemId } = parsed.data;
  return findProblem(problemId) ? parsed.data : `invalid submission: no such problem: ${problemId}`;
}

/** Repeats the ack for as long as Redis is away. */
async function record(
  claim: Claim,
  judgement: Judgement,
  tools: JobTools,
  giveUp: AbortSignal,
): Promise<Acked['outcome']> {
  const { consumer, ledger, log, metrics, publish } = tools;
  const { id: job, fence, attempt } = claim;
  const answer = await acking(claim, () =>
    untilAnswered(() => consumer.ack(claim, JSON.stringify(judgement)), {
      everyMs: retryEveryMs,
      signal: giveUp,
      onError: (error) => log.debug({ job, fence, error: error.message }, 'ack not answered'),
    }),
  );
  ledger({ event: 'acked', job, fence, attempt, outcome: answer.outcome });
  if (answer.outcome === 'stale') {
    metrics.staleAcks.inc();
    log.warn({ job, fence }, 'stale ack: the fence refused it');
    return answer.outcome;
  }
  if (claim.enqueuedAtMs !== undefined) metrics.endToEndSeconds.observe({}, secondsSince(claim.enqueuedAtMs));
  log.debug({ job, fence, verdict: judgement.verdict, outcome: answer.outcome }, 'job done');
  publish({ id: job, state: 'done', version: answer.version, attempts: attempt, judgement });
  return answer.outcome;
}

async function release(claim: Claim, tools: JobTools): Promise<'released' | 'not_released'> {
  const { consumer, ledger, log, metrics, publish } = tools;
  const { id: job, fence, attempt } = claim;
  try {
    const change = await untilAnswered(() => consumer.release(claim), {
      everyMs: retryEveryMs,
      signal: AbortSignal.timeout(releaseTriesMs),
      onError: (error) => log.debug({ job, fence, error: error.message }, 'release not answered'),
    });
    if (change === null) {
      log.warn({ job, fence }, 'not released: it was ours no longer');
      return 'not_released';
    }
    ledger({ event: 'released', job, fence, attempt });
    metrics.redeliveries.inc({ queue: queueName, reason: 'released' });
    publish(change);
    return 'released';
  } catch (error) {
    log.error({ job, fence, error: (error as Error).message }, 'not released: left to its lease');
    return 'not_released';
  }
}
