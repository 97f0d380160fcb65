// GET /dead-letters and POST /dead-letters/:id/redrive. A redrive is published like every other change of a status.

import type { Express, Request } from 'express';
import type { Status } from '../shared/contract.ts';
import type { Producer } from '../shared/queue/queue.ts';
import { invalidField, Problem } from './problem.ts';
import type { Reach } from './reach.ts';
import { resource } from './resource.ts';
import { pathId, type SubmissionParts, viewer } from './submissions.ts';

export interface DeadLetterParts extends Pick<SubmissionParts, 'metrics' | 'log'> {
  producer: Producer;
  reach: Reach;
  publish(status: Status): Promise<void>;
}

export function deadLetters(app: Express, parts: DeadLetterParts): void {
  const { producer, reach, publish, log } = parts;
  const view = viewer(parts);

  resource(app, '/dead-letters', {
    async get(request, response) {
      const limit = parseLimit(request);
      const { reply } = await reach(() => producer.deadLetters(limit), { repeat: 'safe', command: false });
      response.json({ deadLetters: reply.map(view) });
    },
  });

  resource(app, '/dead-letters/:id/redrive', {
    async post(request, response) {
      const id = pathId(request);
      // Repeated after an unknown outcome it would find its own doing and answer 409.
      const { reply } = await reach(() => producer.redrive(id), { repeat: 'unsent', command: true });
      if (reply === null) throw await whyNot(id);
      // Not awaited: pub/sub may lose it anyway, and whoever watches asks again.
      publish({ id, state: reply.state, version: reply.version, attempts: reply.attempts }).catch((error) =>
        log.warn({ err: error, job: id }, 'a status change was not published'),
      );
      response.status(202).location(`/submissions/${id}`).json(reply);
    },
  });

  async function whyNot(id: string): Promise<Problem> {
    const { reply } = await reach(() => producer.get(id), { repeat: 'safe', command: false });
    return reply === null
      ? new Problem('not-found', `there is no submission ${id}`)
      : new Problem('not-a-dead-letter', `submission ${id} is ${reply.state}`);
  }
}

function parseLimit(request: Request): number {
  const text = new URLSearchParams(request.url.split('?')[1] ?? '').get('limit') ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw invalidField('limit', 'expected a whole number from 1 to 1000');
  return limit;
}
