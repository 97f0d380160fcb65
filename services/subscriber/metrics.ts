// What the subscriber counts. No labels with the ids of submissions or clients; labelled counters start at 0.

import { Counter, Gauge, Registry } from 'prom-client';

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
  const registry = new Registry();
  const registers = [registry];
  const metrics = {
    registry,
    clients: new Gauge({ name: 'judge_client_connections', help: 'Open WebSocket clients.', registers }),
    deliveries: new Counter({
      name: 'judge_deliveries_total',
      help: 'Statuses sent to clients, by where they came from.',
      labelNames: ['source'],
      registers,
    }),
    stale: new Counter({
      name: 'judge_stale_statuses_total',
      help: 'Statuses not sent to a client because it already had one at least as new.',
      registers,
    }),
    cutOff: new Counter({
      name: 'judge_clients_cut_off_total',
      help: 'Clients disconnected by the subscriber, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    invalid: new Counter({
      name: 'judge_invalid_messages_total',
      help: 'Messages refused because they do not parse, by where they came from.',
      labelNames: ['source'],
      registers,
    }),
  };
  for (const source of deliverySources) metrics.deliveries.inc({ source }, 0);
  for (const reason of cutOffReasons) metrics.cutOff.inc({ reason }, 0);
  for (const source of invalidSources) metrics.invalid.inc({ source }, 0);
  return metrics;
}
