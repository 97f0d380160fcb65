// What a run came to: k6's end-of-test data and the plan, in one flat account. Pure; table.ts and junit.ts show it.

import { type ErrorKind, errorKinds } from './journal.ts';
import { type Objective, rateMetrics } from './objectives.ts';
import type { Plan } from './plan.ts';

/** What k6 hands to handleSummary, as far as it is read. */
export interface K6Summary {
  metrics: Record<
    string,
    { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> } | undefined
  >;
}

/** Milliseconds. */
export interface Latency {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface LoadSummary {
  scenario: string;
  target: string;
  seed: number;
  /** As planned: from the first submission to the last. */
  durationMs: number;
  /** Submissions: planned, sent, and those whose time came while every client was busy. */
  offered: number;
  sent: number;
  dropped: number;
  accepted: number;
  offeredPerSecond: number;
  peakPerSecond: number;
  /** Accepted ones. */
  achievedPerSecond: number;
  /** Whether what was offered was sent. If not, the latencies are those of a smaller load, and prove nothing. */
  rateMet: boolean;
  /** `null`: there was none. */
  acceptMs: Latency | null;
  verdictMs: Latency | null;
  verdicts: { seen: number; byWebSocket: number; byGet: number; wrong: number };
  failedRate: number;
  errors: Partial<Record<ErrorKind, number>>;
  /** `null`: it could not be judged, because the rate was not met. `seen`: the value, for people. */
  objectives: { says: string; met: boolean | null; seen: string }[];
}

export function errorMetric(kind: ErrorKind): string {
  return `judge_error_${kind.replaceAll('-', '_')}`;
}

export function summaryOf(
  { metrics }: K6Summary,
  plan: Plan,
  objectives: readonly Objective[],
  run: { baseUrl: string; seed: number; instances: number },
): LoadSummary {
  const value = (metric: string, name = 'count') => metrics[metric]?.values[name] ?? 0;
  const ok = ({ metric, threshold }: Objective) => metrics[metric]?.thresholds?.[threshold]?.ok === true;
  const seconds = plan.durationMs / 1000;
  const offered = Math.round(plan.offered / run.instances);
  const rateMet = objectives.filter(({ metric }) => rateMetrics.includes(metric)).every(ok);
  const byWebSocket = value('judge_verdicts_by_websocket');
  const byGet = value('judge_verdicts_by_get');
  const errors: LoadSummary['errors'] = {};
  for (const kind of errorKinds) {
    const times = value(errorMetric(kind));
    if (times > 0) errors[kind] = times;
  }
  return {
    scenario: plan.name,
    target: run.baseUrl,
    seed: run.seed,
    durationMs: plan.durationMs,
    offered,
    sent: value('judge_sent'),
    dropped: value('dropped_iterations'),
    accepted: value('judge_accepted'),
    offeredPerSecond: perSecond(offered, seconds),
    peakPerSecond: plan.peakPerSecond / run.instances,
    achievedPerSecond: perSecond(value('judge_accepted'), seconds),
    rateMet,
    acceptMs: latency(metrics.judge_accept_duration?.values),
    verdictMs: latency(metrics.judge_verdict_duration?.values),
    verdicts: { seen: byWebSocket + byGet, byWebSocket, byGet, wrong: value('judge_wrong_verdicts') },
    failedRate: value('judge_failed', 'rate'),
    errors,
    objectives: objectives.map((objective) => ({
      says: objective.says,
      met: objective.needsRate && !rateMet ? null : ok(objective),
      seen: shown(value(objective.metric, objective.value), objective.unit),
    })),
  };
}

/** Whether every objective was met. */
export function passed({ objectives }: LoadSummary): boolean {
  return objectives.every(({ met }) => met === true);
}

function latency(values: Record<string, number> | undefined): Latency | null {
  if (values === undefined || !values.count) return null;
  const ms = (name: string) => Math.round(values[name]! * 100) / 100;
  return { p50: ms('p(50)'), p95: ms('p(95)'), p99: ms('p(99)'), max: ms('max') };
}

function perSecond(count: number, seconds: number): number {
  return Math.round((count / seconds) * 100) / 100;
}

function shown(value: number, unit: Objective['unit']): string {
  if (unit === 'ms') return `${value.toFixed(1)} ms`;
  return unit === 'rate' ? `${(value * 100).toFixed(2)} %` : String(value);
}
