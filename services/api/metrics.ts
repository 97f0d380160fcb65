// The API's metrics, on a registry of their own. Names follow OpenTelemetry's conventions in Prometheus' spelling.

import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { queueName } from '../shared/metrics.ts';

export const sentOutcomes = ['accepted', 'known', 'conflict', 'full', 'refused', 'unknown'] as const;
export type SentOutcome = (typeof sentOutcomes)[number];

export interface ApiMetrics {
  registry: Registry;
  /** `route` is the pattern, such as `/submissions/:id`, or `unmatched`; never the path. */
  observeRequest(method: string, route: string, status: number, durationMs: number): void;
  countSent(outcome: SentOutcome): void;
  /** A record in the queue of which a part did not parse. */
  countInvalid(): void;
}

/** Starts the process' default metrics too, so call it once a process. */
export function createMetrics(): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const sent = new Counter({
    name: 'messaging_client_sent_messages_total',
    help: 'Submissions sent to the queue, by what came of it.',
    labelNames: ['queue', 'outcome'],
    registers: [registry],
  });
  const invalid = new Counter({
    name: 'judge_invalid_messages_total',
    help: 'Messages that fit no schema and were refused.',
    labelNames: ['source'],
    registers: [registry],
  });
  for (const outcome of sentOutcomes) sent.inc({ queue: queueName, outcome }, 0);
  invalid.inc({ source: 'queue' }, 0);

  return {
    registry,
    observeRequest: (method, route, status, durationMs) =>
      requests.observe(
        { http_request_method: method, http_route: route, http_response_status_code: status },
        durationMs / 1000,
      ),
    countSent: (outcome) => sent.inc({ queue: queueName, outcome }),
    countInvalid: () => invalid.inc({ source: 'queue' }),
  };
}
