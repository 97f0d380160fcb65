// Every metric that this project exposes: the interface that dashboards, alerts and objectives are written against. Names
// follow OpenTelemetry's conventions in Prometheus' spelling. No label ever carries the id of a job or a user, and none
// carries anything of a user's code. (`process_*` and `nodejs_*`, prom-client's own, come beside them.)

export interface MetricInfo {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Who exposes it. */
  readonly of: readonly ('api' | 'worker' | 'subscriber' | 'harness')[];
  /** Upper bounds in seconds, of a histogram. */
  readonly buckets?: readonly number[];
}

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const jobBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const metricInfos = {
  http_server_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from a request to the end of its answer.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    of: ['api'],
    buckets: requestBuckets,
  },
  messaging_client_sent_messages_total: {
    type: 'counter',
    help: 'Submissions sent to the queue, by what came of it.',
    labels: ['queue', 'outcome'],
    of: ['api'],
  },
  judge_queue_depth: {
    type: 'gauge',
    help: 'Jobs in each state, by the queue itself. Every API says the same: take the maximum, not the sum.',
    labels: ['state'],
    of: ['api'],
  },
  judge_queue_cap: {
    type: 'gauge',
    help: 'The most jobs that may wait; 0: no cap.',
    of: ['api'],
  },
  judge_queue_oldest_message_timestamp_seconds: {
    type: 'gauge',
    help: 'When the job that waits longest was enqueued, in seconds since 1970; 0: none waits. Every API says the same.',
    of: ['api'],
  },
  messaging_client_consumed_messages_total: {
    type: 'counter',
    help: 'Jobs claimed, by whether it was their first delivery.',
    labels: ['queue', 'delivery'],
    of: ['worker'],
  },
  judge_queue_wait_seconds: {
    type: 'histogram',
    help: 'From the enqueue of a job to its claim, by whether it was the first delivery.',
    labels: ['queue', 'delivery'],
    of: ['worker'],
    buckets: jobBuckets,
  },
  messaging_process_duration_seconds: {
    type: 'histogram',
    help: 'From the claim of a job to the answer to its ack.',
    of: ['worker'],
    buckets: jobBuckets,
  },
  judge_submission_e2e_seconds: {
    type: 'histogram',
    help: 'From the enqueue of a job to its recorded verdict.',
    of: ['worker'],
    buckets: jobBuckets,
  },
  judge_sandbox_run_duration_seconds: {
    type: 'histogram',
    help: 'All tests of a submission in the sandbox.',
    labels: ['language', 'verdict'],
    of: ['worker'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  judge_worker_slots: {
    type: 'gauge',
    help: 'Jobs that the worker can run at a time.',
    of: ['worker'],
  },
  judge_worker_slots_busy: {
    type: 'gauge',
    help: 'Jobs that the worker has in hand.',
    of: ['worker'],
  },
  judge_redeliveries_total: {
    type: 'counter',
    help: 'Jobs that went back to the queue.',
    labels: ['queue', 'reason'],
    of: ['worker'],
  },
  judge_dead_letters_total: {
    type: 'counter',
    help: 'Jobs that this worker moved to the dead letters.',
    of: ['worker'],
  },
  judge_stale_acks_total: {
    type: 'counter',
    help: 'Acks that the fence refused: another worker had taken the job over.',
    of: ['worker'],
  },
  judge_lost_claims_total: {
    type: 'counter',
    help: 'Claims that a heartbeat found in other hands.',
    of: ['worker'],
  },
  judge_queue_alerts_total: {
    type: 'counter',
    help: 'Things that are wrong with the queue, such as an entry that somebody trimmed.',
    labels: ['kind'],
    of: ['worker'],
  },
  judge_invalid_messages_total: {
    type: 'counter',
    help: 'Messages that fit no schema and were refused, by where they came from.',
    labels: ['source'],
    of: ['api', 'worker', 'subscriber'],
  },
  judge_client_connections: {
    type: 'gauge',
    help: 'Open WebSocket clients.',
    of: ['subscriber'],
  },
  judge_deliveries_total: {
    type: 'counter',
    help: 'Statuses sent to clients, by where they came from.',
    labels: ['source'],
    of: ['subscriber'],
  },
  judge_delivery_duration_seconds: {
    type: 'histogram',
    help: 'From the publishing of a status to its push to a client.',
    labels: ['transport'],
    of: ['subscriber'],
    buckets: [0.0005, ...requestBuckets],
  },
  judge_stale_statuses_total: {
    type: 'counter',
    help: 'Statuses not sent to a client because it already had one at least as new.',
    of: ['subscriber'],
  },
  judge_clients_cut_off_total: {
    type: 'counter',
    help: 'Clients disconnected by the subscriber, by reason.',
    labels: ['reason'],
    of: ['subscriber'],
  },
  judge_fault_active: {
    type: 'gauge',
    help: '1 while a fault of the harness lasts, by what it is and whom it struck.',
    labels: ['fault', 'target'],
    of: ['harness'],
  },
  judge_run_jobs: {
    type: 'gauge',
    help: "The running experiment's own account of its jobs so far (ledgers and answers, not the queue): acknowledged, finished, acked, redelivered, stale.",
    labels: ['claim', 'arm', 'category'],
    of: ['harness'],
  },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof metricInfos;
