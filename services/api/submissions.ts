// POST /submissions and GET /submissions/:id.

import type { Express, Request } from 'express';
import { encodePayload, jobIdSchema, maxBodyBytes } from '../shared/contract.ts';
import { findProblem } from '../shared/judge/problems.ts';
import type { Ledger } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import type { Enqueued, JobRecord, Producer } from '../shared/queue/queue.ts';
import { enqueueing } from '../shared/telemetry/tracing.ts';
import { readJson } from './json-body.ts';
import type { ApiMetrics } from './metrics.ts';
import { invalidField, Problem } from './problem.ts';
import type { Reach, Reached } from './reach.ts';
import { resource } from './resource.ts';
import { createRetryAfter } from './retry-after.ts';
import { parseSubmission, submissionId } from './submission-request.ts';
import { type SubmissionView, viewSubmission } from './submission-view.ts';

export interface SubmissionParts {
  producer: Producer;
  reach: Reach;
  ledger: Ledger;
  metrics: ApiMetrics;
  log: Log;
}

export function submissions(app: Express, parts: SubmissionParts): void {
  const { producer, reach, ledger, metrics } = parts;
  const retryAfter = createRetryAfter(async () => (await producer.counts()).done);
  const view = viewer(parts);

  resource(app, '/submissions', {
    async post(request, response) {
      const { id, keyed } = submissionId(request);
      const submission = parseSubmission(
        await readJson(request, maxBodyBytes),
        (problemId) => findProblem(problemId) !== undefined,
      );
      const { reply, uncertain } = await send(id, encodePayload(submission));
      metrics.countSent(reply.outcome);
      if (reply.outcome === 'full') {
        throw new Problem(
          'queue-full',
          `${reply.queued} submissions wait, ${reply.cap} may; none was added`,
          {
            headers: { 'Retry-After': String(retryAfter.estimateSeconds(reply.cap)) },
          },
        );
      }
      if (reply.outcome === 'conflict') {
        throw new Problem('idempotency-key-reused', 'this Idempotency-Key was used for another submission');
      }
      ledger({ event: 'enqueued', job: id });
      // After an uncertain attempt "known" may be this very request.
      if (keyed && reply.outcome === 'known' && !uncertain) response.set('Idempotency-Replayed', 'true');
      response.status(202).location(`/submissions/${id}`).json(view(reply.record));
    },
  });

  resource(app, '/submissions/:id', {
    async get(request, response) {
      const id = pathId(request);
      const { reply } = await reach(() => producer.get(id), { repeat: 'safe', command: false });
      if (reply === null) throw new Problem('not-found', `there is no submission ${id}`);
      response.json(view(reply));
    },
  });

  /** The enqueue may be repeated: the id is the client's key, or made here once. */
  async function send(id: string, payload: string): Promise<Reached<Enqueued>> {
    ledger({ event: 'enqueue', job: id });
    try {
      return await enqueueing({ id, payload }, (job) =>
        reach(() => producer.enqueue(job), { repeat: 'safe', command: true }),
      );
    } catch (error) {
      if (error instanceof Problem && error.extras.outcome) metrics.countSent(error.extras.outcome);
      throw error;
    }
  }
}

/** @throws {Problem} 400 when it is no submission id */
export function pathId(request: Request): string {
  const id = jobIdSchema.safeParse(request.params.id);
  if (!id.success) throw invalidField('id', `expected ${id.error.issues[0]?.message}`);
  return id.data;
}

/** `viewSubmission` with its complaints logged and counted. */
export function viewer({ metrics, log }: Pick<SubmissionParts, 'metrics' | 'log'>) {
  return (record: JobRecord): SubmissionView =>
    viewSubmission(record, (part) => {
      metrics.countInvalid();
      log.warn({ job: record.id, part }, 'a record in the queue does not parse');
    });
}
