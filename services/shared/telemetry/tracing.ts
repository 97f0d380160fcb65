// The spans of a job's story, from the request to the browser, by OpenTelemetry's conventions for messaging. Without a
// started SDK (start-tracing.ts) all of it does nothing. No span ever carries anything of a user's code.
//
//   POST /submissions (SERVER)
//     └ enqueue submissions (PRODUCER)
//         ├ process submissions (CONSUMER), one for each attempt, linked to the one before
//         │   ├ publish status (PRODUCER)
//         │   ├ run sandbox
//         │   └ ack submissions (CLIENT)
//         ├ deliver status (CONSUMER, in the subscriber), linked to the publishing
//         └ …
//
// An attempt whose worker died leaves no span. Whoever takes the job over writes one in its place, with the same id: a
// tombstone. If that worker was only asleep, its own span is dropped when the fence refuses its result, and what it did
// then belongs to the tombstone.

import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { queueName } from '../metrics.ts';
import type { Acked, Claim, Job, Reaped } from '../queue/queue.ts';
import { attemptSpanId, publishSpanId, withSpanId } from './span-ids.ts';

/** On a span that must not be exported, because a tombstone stands in its place. */
export const replaced = 'judge.replaced';

/** In a context: the trace that the job came with, whoever works on it. */
const jobTrace = createContextKey('trace of the job');

const tracer = () => trace.getTracer('redproof');

/** For as long as `work` takes; fails with it. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  const span = tracer().startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    fail(span, (error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}

/** Hands the job to `send` with the trace that it belongs to from now on. */
export function enqueueing<T>(job: Job, send: (job: Job) => Promise<T>): Promise<T> {
  const options = { kind: SpanKind.PRODUCER, attributes: messaging('enqueue', 'send', job.id) };
  return inSpan('enqueue submissions', options, () => {
    const own = traceparent();
    return send(own === undefined ? job : { ...job, trace: own });
  });
}

/** The attempt at a job that a claim begins; what is done in `work` belongs to it. */
export async function processing(claim: Claim, work: (attempt: Attempt) => Promise<void>): Promise<void> {
  const { id, fence, attempt, version } = claim;
  const parent = contextOf(claim.trace);
  const enqueue = trace.getSpanContext(parent);
  const links: Link[] = [];
  if (enqueue !== undefined) {
    links.push({ context: enqueue });
    if (attempt > 1) {
      // Whatever became of it: a claim and what ended it are two changes of the job.
      links.push({ context: { ...enqueue, spanId: attemptSpanId(id, version - 2) } });
    }
  }
  const span = withSpanId(attemptSpanId(id, version), () =>
    tracer().startSpan('process submissions', { ...attemptOptions(id, attempt, fence), links }, parent),
  );
  const handle: Attempt = {
    judged: (verdict) => span.setAttribute('judge.verdict', verdict),
    acked: (outcome) => {
      span.setAttribute('judge.ack', outcome);
      if (outcome === 'stale') span.setAttribute(replaced, true);
    },
    unfinished: (why) => {
      span.setAttribute('judge.ack', why);
      fail(span, why);
      if (why === 'not_released') span.setAttribute(replaced, true);
    },
  };
  try {
    const within = trace.setSpan(parent.setValue(jobTrace, claim.trace), span);
    await context.with(within, work, undefined, handle);
  } finally {
    span.end();
  }
}

/** How an attempt ended. */
export interface Attempt {
  judged(verdict: string): void;
  acked(outcome: Acked['outcome']): void;
  /** `released`: given back. `not_released`: left to its lease, or in other hands. */
  unfinished(why: 'released' | 'not_released'): void;
}

/** The span that the lost attempt can no longer write: from its claim to now. `andThen` belongs to it. */
export function tombstone(reaped: Reaped, andThen: () => void): void {
  const { id, version, attempts, heldSinceMs, state } = reaped;
  const parent = contextOf(reaped.trace);
  const enqueue = trace.getSpanContext(parent);
  if (enqueue === undefined) {
    andThen();
    return;
  }
  const links: Link[] = [{ context: enqueue }];
  if (attempts > 1) links.push({ context: { ...enqueue, spanId: attemptSpanId(id, version - 3) } });
  const { kind, attributes } = attemptOptions(id, attempts);
  const span = withSpanId(attemptSpanId(id, version - 1), () =>
    tracer().startSpan(
      'process submissions',
      {
        kind,
        attributes: {
          ...attributes,
          'judge.tombstone': true,
          'judge.next_state': state,
          'error.type': 'worker_lost',
        },
        links,
        ...(heldSinceMs !== undefined && { startTime: heldSinceMs }),
      },
      parent,
    ),
  );
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'its worker was lost' });
  context.with(trace.setSpan(parent.setValue(jobTrace, reaped.trace), span), andThen);
  span.end();
}

/** Records a result. */
export function acking(claim: Claim, ack: () => Promise<Acked>): Promise<Acked> {
  const options = { kind: SpanKind.CLIENT, attributes: messaging('ack', 'settle', claim.id) };
  return inSpan('ack submissions', options, async (span) => {
    const answer = await ack();
    span.setAttribute('judge.ack', answer.outcome);
    return answer;
  });
}

/**
 * Publishes a status of a job; `send` gets the trace for the message: the one that the job came with. (The spans of the
 * publishing and of the attempt may be lost with their worker, unlike the message.)
 */
export function publishing<T>(
  { id, state, version }: { id: string; state: string; version: number },
  send: (trace: string | undefined) => Promise<T>,
): Promise<T> {
  const of = (context.active().getValue(jobTrace) as string | undefined) ?? traceparent();
  const attributes = { ...messaging('publish', 'send', id, 'status'), 'judge.state': state };
  return withSpanId(publishSpanId(id, version), () =>
    inSpan('publish status', { kind: SpanKind.PRODUCER, attributes }, () =>
      // Redis' own span would say the same once more, and two of a worker's eight spans of a job would be such.
      context.with(ROOT_CONTEXT, send, undefined, of),
    ),
  );
}

/** The push of a published status to those who wait for it. There is no active span where messages come in. */
export function delivering(
  { id, state, version }: { id: string; state: string; version: number },
  of: string | undefined,
  push: () => { sent: number },
): void {
  const parent = contextOf(of);
  const sender = trace.getSpanContext(parent);
  const startTime = Date.now();
  const { sent } = push();
  if (sender === undefined || sent === 0) return;
  const attributes = {
    ...messaging('deliver', 'process', id, 'status'),
    'judge.state': state,
    'judge.clients': sent,
  };
  const links = [{ context: { ...sender, spanId: publishSpanId(id, version) } }];
  tracer()
    .startSpan('deliver status', { kind: SpanKind.CONSUMER, attributes, startTime, links }, parent)
    .end();
}

/** What this process has not sent yet is sent, for as long as that takes within a second. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider() as { getDelegate?(): { forceFlush?(): Promise<void> } };
  const flushed = provider
    .getDelegate?.()
    .forceFlush?.()
    .catch(() => {});
  await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
}

/** Of what is under way, spelled as in a log line. */
export function activeIds(): { trace_id?: string; span_id?: string } {
  const ids = trace.getActiveSpan()?.spanContext();
  return ids === undefined ? {} : { trace_id: ids.traceId, span_id: ids.spanId };
}

/** Of the trace that came with a message. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return trace.getSpanContext(contextOf(traceparent))?.traceId;
}

function attemptOptions(id: string, attempt: number, fence?: number) {
  const attributes: Attributes = { ...messaging('process', 'process', id), 'judge.attempt': attempt };
  if (fence !== undefined) attributes['judge.fence'] = fence;
  return { kind: SpanKind.CONSUMER, attributes };
}

function messaging(name: string, type: string, id: string, destination = queueName): Attributes {
  return {
    'messaging.system': 'redis',
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.name': destination,
    'messaging.message.id': id,
  };
}

function fail(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Of what is under way, as it goes with a message. */
function traceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** A context under the span that a message names; without one, a root. */
function contextOf(traceparent: string | undefined): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}
