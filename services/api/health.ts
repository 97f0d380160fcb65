// GET /healthz (the process lives), GET /readyz (it should get traffic) and GET /metrics.

import type { Express } from 'express';
import { expose } from '../shared/exposition.ts';
import type { Producer } from '../shared/queue/queue.ts';
import type { ApiMetrics } from './metrics.ts';
import { Problem } from './problem.ts';
import type { Reach } from './reach.ts';
import { resource } from './resource.ts';

export interface HealthParts {
  producer: Producer;
  reach: Reach;
  metrics: ApiMetrics;
  isDraining(): boolean;
}

export function health(app: Express, { producer, reach, metrics, isDraining }: HealthParts): void {
  resource(app, '/healthz', {
    get(_request, response) {
      response.json({ status: 'ok' });
    },
  });

  resource(app, '/readyz', {
    async get(_request, response) {
      if (isDraining())
        throw new Problem('not-ready', 'the server is shutting down', { headers: { 'Retry-After': '1' } });
      await reach(() => producer.ping(), { repeat: 'safe', command: false });
      response.json({ status: 'ready' });
    },
  });

  resource(app, '/metrics', {
    async get(request, response) {
      const { contentType, text } = await expose(metrics.registry, request.headers.accept);
      response.set('Content-Type', contentType).end(text);
    },
  });
}
