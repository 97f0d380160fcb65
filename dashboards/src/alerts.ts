// Recording and alert rules, in Prometheus' form: the one truth, which promtool can test and Grafana shows (it lists the rules of
// a Prometheus data source beside its own). Each alert says what it means and what to do.

import {
  badEvents,
  budgetWindow,
  burn,
  burnAlerts,
  burnWindows,
  leastBadEvents,
  objectives,
} from './objectives.ts';
import { depth, increase, oldestAge } from './parts/promql.ts';

export type Severity = 'page' | 'ticket' | 'info';

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: Severity };
  annotations: { summary: string; description: string; action: string };
}

export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

export interface RuleGroup {
  name: string;
  interval?: string;
  rules: readonly (AlertRule | RecordingRule)[];
}

export const oldestJobSeconds = 30;
export const nearlyFullShare = 0.9;

const recorded: readonly RecordingRule[] = objectives.flatMap(({ name, total, bad, budget }) => {
  const labels = { slo: name };
  return [
    { record: 'judge:slo_total:rate5m', expr: `(${total}) or vector(0)`, labels },
    { record: 'judge:slo_bad:rate5m', expr: `(${bad}) or vector(0)`, labels },
    { record: 'judge:slo_budget:ratio', expr: `vector(${budget})`, labels },
  ];
});

/** Without events nothing burns: the divisor is never 0. What is recorded looks back five minutes already. */
const burning = (window: (typeof burnWindows)[number]): RecordingRule => {
  const over = (series: string) => (window === '5m' ? series : `sum_over_time(${series}[${window}])`);
  const share = `${over('judge:slo_bad:rate5m')} / clamp_min(${over('judge:slo_total:rate5m')}, 1e-9)`;
  return { record: burn(window), expr: `${share} / judge:slo_budget:ratio` };
};

const burnRules: readonly AlertRule[] = burnAlerts.map(({ long, short, rate, spends, severity }) => ({
  alert: `ErrorBudgetBurns${long}`,
  expr: `${burn(long)} > ${rate} and ${burn(short)} > ${rate} and ${badEvents(long)} >= ${leastBadEvents}`,
  labels: { severity },
  annotations: {
    summary: 'The error budget of {{ $labels.slo }} burns {{ $value | printf "%.1f" }} times too fast',
    description: `Over ${long} and over ${short} more than ${rate} times as many events were bad as the objective allows, ${leastBadEvents} or more over ${long}: that is ${spends}.`,
    action:
      'Open the Overview dashboard: the stage whose p95 rose is the one to look at. If submissions are refused, look at Queue (full) and Redis (down).',
  },
}));

const queueRules: readonly AlertRule[] = [
  {
    alert: 'WorkersSilent',
    // A killed worker leaves no series behind: what is absent counts as nothing.
    expr: `${depth('queued')} > 0 and on () (${increase('messaging_client_consumed_messages_total', [], '1m')} or vector(0)) == 0 and on () (sum(judge_worker_slots_busy) or vector(0)) == 0`,
    for: '30s',
    labels: { severity: 'page' },
    annotations: {
      summary: 'Jobs that wait, and no worker takes any: {{ $value }}',
      description:
        'For a minute and a half nothing was claimed, no worker has a job in hand, and the queue is not empty.',
      action:
        'Is any worker up (Workers dashboard, docker compose ps worker)? If so, read its log: it may be unable to reach Redis. Start more with docker compose up -d --scale worker=4.',
    },
  },
  {
    alert: 'OldestJobWaitsTooLong',
    expr: `${oldestAge} > ${oldestJobSeconds}`,
    for: '30s',
    labels: { severity: 'page' },
    annotations: {
      summary: 'A job has waited for {{ $value | humanizeDuration }}',
      description: `The oldest waiting job is older than ${oldestJobSeconds} s. Jobs come faster than they are done, or one that was given back is not taken.`,
      action:
        'Queue dashboard: is the drain time falling? If not, add workers. If the depth is small, look for one job that is redelivered again and again.',
    },
  },
  {
    alert: 'QueueNearlyFull',
    expr: `${depth('queued')} / (max(judge_queue_cap) > 0) > ${nearlyFullShare}`,
    for: '10s',
    labels: { severity: 'page' },
    annotations: {
      summary: 'The queue is {{ $value | humanizePercentage }} full',
      description: 'At 100 % the API refuses submissions with 429.',
      action: 'Add workers, or find out who sends so much. Raising QUEUE_CAP only makes the wait longer.',
    },
  },
  {
    alert: 'DeadLetters',
    expr: `${increase('judge_dead_letters_total', [], '10m')} > 0`,
    labels: { severity: 'ticket' },
    annotations: {
      summary: 'Jobs given up in the last ten minutes: {{ $value | printf "%.0f" }}',
      description:
        'Each was delivered as often as it may be, and its worker never finished it: a poison job, or workers that die.',
      action:
        'GET /dead-letters lists them with their attempts. Were workers killed meanwhile (Chaos, Workers)? Then redrive them; else keep them for analysis.',
    },
  },
  {
    alert: 'QueueDamaged',
    expr: `${increase('judge_queue_alerts_total', ['kind'], '10m')} > 0`,
    labels: { severity: 'page' },
    annotations: {
      summary: 'The queue in Redis is damaged: {{ $labels.kind }}',
      description:
        'Something that no worker does was done to the keys of the queue, such as an entry that was trimmed. Jobs may be lost.',
      action:
        'Find out who writes to these keys (redis-cli MONITOR, an eviction policy other than noeviction). The workers log which entry it was.',
    },
  },
  {
    alert: 'StaleAcks',
    expr: `${increase('judge_stale_acks_total', [], '5m')} > 0`,
    labels: { severity: 'info' },
    annotations: {
      summary: 'Acks that came too late and were fenced off: {{ $value | printf "%.0f" }}',
      description:
        'A worker finished a job that another had taken over meanwhile. No harm was done, but work was done twice.',
      action:
        'If it goes on: the lease is shorter than a pause of the workers (event-loop lag, CPU). Raise QUEUE_LEASE_MS.',
    },
  },
  {
    alert: 'ClaimsLost',
    expr: `${increase('judge_lost_claims_total', [], '5m')} > 0`,
    labels: { severity: 'info' },
    annotations: {
      summary: 'Claims lost to other workers: {{ $value | printf "%.0f" }}',
      description:
        'A heartbeat found its job in other hands: the worker was silent for longer than the lease.',
      action: 'As for StaleAcks: look at event-loop lag and at the connection between that worker and Redis.',
    },
  },
  {
    alert: 'MessagesRefused',
    expr: `${increase('judge_invalid_messages_total{source!~"client|upgrade"}', ['job', 'source'], '10m')} > 0`,
    labels: { severity: 'ticket' },
    annotations: {
      summary: '{{ $labels.job }} refused messages from {{ $labels.source }} that fit no schema',
      description:
        'What the services write themselves always fits, unless two versions of them run side by side.',
      action: 'Compare the versions that run. The service logs what did not fit.',
    },
  },
];

const redisRules: readonly AlertRule[] = [
  {
    alert: 'RedisDown',
    expr: 'redis_up == 0',
    for: '10s',
    labels: { severity: 'page' },
    annotations: {
      summary: 'Redis does not answer',
      description:
        'The exporter cannot reach Redis. The API answers 503 and workers wait; nothing that was accepted is lost if the AOF is on.',
      action:
        'docker compose ps redis and its log: out of memory, a full disk, or an AOF that it refuses to load (redis-check-aof).',
    },
  },
  {
    alert: 'RedisCannotPersist',
    expr: 'redis_rdb_last_bgsave_status == 0 or redis_aof_last_write_status == 0 or redis_aof_last_bgrewrite_status == 0',
    for: '10s',
    labels: { severity: 'page' },
    annotations: {
      summary: 'Redis could not write to its disk',
      description:
        'The last save, AOF write or AOF rewrite failed. Redis may refuse writes (MISCONF), and a crash now loses what was not written.',
      action: 'Is the disk full? Is there memory for the fork? See the Redis dashboard and the log of Redis.',
    },
  },
  {
    alert: 'RedisRestarted',
    expr: 'resets(redis_uptime_in_seconds[10m]) > 0',
    labels: { severity: 'info' },
    annotations: {
      summary: 'Restarts of Redis in the last ten minutes: {{ $value }}',
      description: 'Its uptime began anew.',
      action:
        'If nobody did it, look into its log for the reason, and at Redis persistence for what was not yet saved.',
    },
  },
];

const targetRules: readonly AlertRule[] = [
  {
    alert: 'TargetDown',
    // The harness is there only while it runs.
    expr: 'up{job!="harness"} == 0',
    for: '30s',
    labels: { severity: 'ticket' },
    annotations: {
      summary: '{{ $labels.job }} ({{ $labels.instance }}) gives no metrics',
      description:
        'Prometheus could not read its /metrics for half a minute: it is dead, paused or too busy.',
      action: 'docker compose ps; then its log.',
    },
  },
];

export const ruleGroups: readonly RuleGroup[] = [
  {
    name: 'objectives',
    interval: '15s',
    rules: [
      ...recorded,
      ...burnWindows.filter((window) => window !== '3d' && window !== budgetWindow).map(burning),
    ],
  },
  // Long windows are dear, and change slowly.
  { name: 'objectives-slow', interval: '1m', rules: [burning('3d'), burning(budgetWindow)] },
  { name: 'error-budget', rules: burnRules },
  { name: 'queue', rules: queueRules },
  { name: 'redis', rules: redisRules },
  { name: 'targets', rules: targetRules },
];
