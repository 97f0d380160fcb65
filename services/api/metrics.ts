// The API's metrics, on a registry of their own. Names follow OpenTelemetry's conventions in Prometheus' spelling.

import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export const sentOutcomes = ['accepted', 'known', 'conflict', 'full', 'refused', 'unknown'] as const;
export type SentOutcome = (typeof sentOutcomes)[number];

export interface ApiMetrics {
  registry: Registry;
  /** `route` is the pattern, such as `/submissions/:id`, or `unmatched`; never the path. */
  observeRequest(method: string, route: string, status: number, durationMs: number): void;
  countSent(outcome: SentOutcome): void;
  /** A record in the queue whose part did not parse. */
  countInvalid(part: 'payload' | 'result'): void;
}

/** Starts the process' default metrics too, so call it once a process. */
export function createMetrics(queue: string): ApiMetrics {
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
    labelNames: ['messaging_system', 'messaging_destination_name', 'queue', 'outcome'],
    registers: [registry],
  });
  const invalid = new Counter({
    name: 'judge_invalid_messages_total',
    help: 'Messages of other processes that did not parse.',
    labelNames: ['part'],
    registers: [registry],
  });
  const sentLabels = (outcome: SentOutcome) => ({
    messaging_system: 'redis',
    messaging_destination_name: 'submissions',
    queue,
    outcome,
  });
  for (const outcome of sentOutcomes) sent.inc(sentLabels(outcome), 0);
  for (const part of ['payload', 'result']) invalid.inc({ part }, 0);

  return {
    registry,
    observeRequest: (method, route, status, durationMs) =>
      requests.observe(
        { http_request_method: method, http_route: route, http_response_status_code: status },
        durationMs / 1000,
      ),
    countSent: (outcome) => sent.inc(sentLabels(outcome)),
    countInvalid: (part) => invalid.inc({ part }),
  };
}
