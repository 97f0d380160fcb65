// What the API counts and measures, and what the queue says of itself.

import type { MetricsRegistry } from '../shared/exposition.ts';
import { openMetrics, queueName } from '../shared/metrics.ts';
import type { Producer } from '../shared/queue/queue.ts';

export const sentOutcomes = ['accepted', 'known', 'conflict', 'full', 'refused', 'unknown'] as const;
export type SentOutcome = (typeof sentOutcomes)[number];

export interface ObservedRequest {
  method: string;
  /** The pattern, such as `/submissions/:id`, or `unmatched`; never the path. */
  route: string;
  status: number;
  durationMs: number;
  traceId: string | undefined;
}

export interface ApiMetrics {
  registry: MetricsRegistry;
  observeRequest(request: ObservedRequest): void;
  countSent(outcome: SentOutcome): void;
  /** A record in the queue of which a part did not parse. */
  countInvalid(): void;
}

/**
 * @param queue asked whenever somebody reads the metrics; while it does not answer, nothing is said of it
 * @param cap the most jobs that may wait; 0: no cap
 */
export function createMetrics(
  queue: Pick<Producer, 'counts' | 'oldestWaitingAtMs'>,
  cap: number,
): ApiMetrics {
  const { registry, counter, gauge, histogram } = openMetrics();
  const requests = histogram('http_server_request_duration_seconds');
  const sent = counter('messaging_client_sent_messages_total');
  const invalid = counter('judge_invalid_messages_total');
  for (const outcome of sentOutcomes) sent.inc({ queue: queueName, outcome }, 0);
  invalid.inc({ source: 'queue' }, 0);
  gauge('judge_queue_cap').set(cap);
  gauge('judge_queue_depth', async (depth) => {
    depth.reset();
    const counts = await queue.counts().catch(() => ({}));
    for (const [state, jobs] of Object.entries(counts)) depth.set({ state }, jobs);
  });
  gauge('judge_queue_oldest_message_timestamp_seconds', async (oldest) => {
    oldest.remove();
    const atMs = await queue.oldestWaitingAtMs?.().catch(() => undefined);
    if (atMs !== undefined) oldest.set((atMs ?? 0) / 1000);
  });

  return {
    registry,
    observeRequest: ({ method, route, status, durationMs, traceId }) =>
      requests.observe(
        { http_request_method: method, http_route: route, http_response_status_code: String(status) },
        durationMs / 1000,
        traceId,
      ),
    countSent: (outcome) => sent.inc({ queue: queueName, outcome }),
    countInvalid: () => invalid.inc({ source: 'queue' }),
  };
}
