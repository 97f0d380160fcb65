// What the worker counts and measures.

import { verdictSchema } from '../shared/contract.ts';
import { openMetrics, queueName } from '../shared/metrics.ts';

export type RedeliveryReason = 'lease_expired' | 'released';
export const deliveries = ['first', 'again'] as const;

export type WorkerMetrics = ReturnType<typeof createMetrics>;

/** @param slots how many jobs it runs at a time */
export function createMetrics(slots: number) {
  const { registry, counter, gauge, histogram } = openMetrics();
  const metrics = {
    registry,
    consumed: counter('messaging_client_consumed_messages_total'),
    queueWaitSeconds: histogram('judge_queue_wait_seconds'),
    processDurationSeconds: histogram('messaging_process_duration_seconds'),
    endToEndSeconds: histogram('judge_submission_e2e_seconds'),
    sandboxRunDurationSeconds: histogram('judge_sandbox_run_duration_seconds'),
    slotsBusy: gauge('judge_worker_slots_busy'),
    redeliveries: counter('judge_redeliveries_total'),
    deadLetters: counter('judge_dead_letters_total'),
    staleAcks: counter('judge_stale_acks_total'),
    lostClaims: counter('judge_lost_claims_total'),
    queueAlerts: counter('judge_queue_alerts_total'),
    invalidMessages: counter('judge_invalid_messages_total'),
  };
  gauge('judge_worker_slots').set(slots);
  for (const delivery of deliveries) {
    metrics.consumed.inc({ queue: queueName, delivery }, 0);
    metrics.queueWaitSeconds.zero({ queue: queueName, delivery });
  }
  for (const reason of ['lease_expired', 'released'] satisfies RedeliveryReason[]) {
    metrics.redeliveries.inc({ queue: queueName, reason }, 0);
  }
  metrics.invalidMessages.inc({ source: 'queue' }, 0);
  metrics.queueAlerts.inc({ kind: 'entry-trimmed' }, 0);
  for (const verdict of verdictSchema.options) {
    metrics.sandboxRunDurationSeconds.zero({ language: 'javascript', verdict });
  }
  return metrics;
}
