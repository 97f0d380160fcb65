// What the subscriber counts and measures.

import { openMetrics } from '../shared/metrics.ts';

export const cutOffReasons = ['slow', 'no_pong', 'invalid_messages'] as const;
export type CutOffReason = (typeof cutOffReasons)[number];

/** redis: the status channel; record: what the queue knows of a job; client: a WebSocket message; upgrade: a handshake. */
export const invalidSources = ['redis', 'record', 'client', 'upgrade'] as const;
export type InvalidSource = (typeof invalidSources)[number];

/** live: heard on the status channel; read: read from the queue (first state, resync, sweep). */
export const deliverySources = ['live', 'read'] as const;
export type DeliverySource = (typeof deliverySources)[number];

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const { registry, counter, gauge, histogram } = openMetrics();
  const metrics = {
    registry,
    clients: gauge('judge_client_connections'),
    deliveries: counter('judge_deliveries_total'),
    delivery: histogram('judge_delivery_duration_seconds'),
    stale: counter('judge_stale_statuses_total'),
    cutOff: counter('judge_clients_cut_off_total'),
    invalid: counter('judge_invalid_messages_total'),
  };
  metrics.delivery.zero({ transport: 'websocket' });
  for (const source of deliverySources) metrics.deliveries.inc({ source }, 0);
  for (const reason of cutOffReasons) metrics.cutOff.inc({ reason }, 0);
  for (const source of invalidSources) metrics.invalid.inc({ source }, 0);
  return metrics;
}
