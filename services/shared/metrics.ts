// The worker's metrics. Names and labels are an interface: dashboards and alerts are written against them. No label ever
// carries the id of a job or a user. Labelled counters start at 0, so that a first event is an increase.

import { Counter, Histogram, type Registry } from 'prom-client';
import { verdictSchema } from './contract.ts';

/** The one queue there is, as `messaging.destination.name` and the label `queue` call it. */
export const queueName = 'submissions';

export type RedeliveryReason = 'lease_expired' | 'released';

export type WorkerMetrics = ReturnType<typeof workerMetrics>;

export function workerMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    processDurationSeconds: new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'From the claim of a job to the answer to its ack.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    sandboxRunDurationSeconds: new Histogram({
      name: 'judge_sandbox_run_duration_seconds',
      help: 'All tests of a submission in the sandbox.',
      labelNames: ['language', 'verdict'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    redeliveries: new Counter({
      name: 'judge_redeliveries_total',
      help: 'Jobs that went back to the queue.',
      labelNames: ['queue', 'reason'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'judge_dead_letters_total',
      help: 'Jobs that this worker moved to the dead letters.',
      registers,
    }),
    staleAcks: new Counter({
      name: 'judge_stale_acks_total',
      help: 'Acks that the fence refused: another worker had taken the job over.',
      registers,
    }),
    lostClaims: new Counter({
      name: 'judge_lost_claims_total',
      help: 'Claims that a heartbeat found in other hands.',
      registers,
    }),
    queueAlerts: new Counter({
      name: 'judge_queue_alerts_total',
      help: 'Things that are wrong with the queue, such as an entry that somebody trimmed.',
      labelNames: ['kind'],
      registers,
    }),
    invalidMessages: new Counter({
      name: 'judge_invalid_messages_total',
      help: 'Messages that fit no schema and were refused.',
      labelNames: ['source'],
      registers,
    }),
  };
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
