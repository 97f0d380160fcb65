// The objectives as Prometheus sees them: which events count, which of them are bad, and how many may be. The numbers are those of
// the load tests (loadtests/lib/slo.ts). What users are promised is a 30-day budget; how fast it burns is what alerts ask.

import { slo } from '../../loadtests/lib/slo.ts';
import { bucket, notAccepted, sent, submitting } from './parts/promql.ts';

export interface Objective {
  /** The label `slo` of all that is recorded of it. */
  name: string;
  /** For people. */
  promise: string;
  /** The share of events that may be bad. */
  budget: number;
  /** Events a second over the last five minutes. */
  total: string;
  bad: string;
}

const perSecond = (series: string) => `sum(rate(${series}[5m]))`;
/** A series that is not there yet must not take the others with it. */
const orZero = (series: string) => `(${perSecond(series)} or vector(0))`;

const accepted = `${submitting}, http_response_status_code="202"`;
const acceptedCount = perSecond(`http_server_request_duration_seconds_count{${accepted}}`);
const acceptSeconds = slo.acceptMs.p99 / 1000;
const acceptedInTime = perSecond(
  `http_server_request_duration_seconds_bucket{${accepted}, ${bucket(acceptSeconds)}}`,
);

const verdictSeconds = slo.verdictMs.p99 / 1000;
const verdicts = perSecond('judge_submission_e2e_seconds_count');
const verdictsInTime = perSecond(`judge_submission_e2e_seconds_bucket{${bucket(verdictSeconds)}}`);
/** What runs into its time limit takes that long, and is left out, as in the load tests. */
const tooSlowPrograms = orZero('judge_sandbox_run_duration_seconds_count{verdict="TLE"}');

export const objectives: readonly Objective[] = [
  {
    name: 'submissions',
    promise: `${percent(1 - slo.failedRate)} of submissions are accepted and judged`,
    budget: slo.failedRate,
    total: perSecond(sent),
    bad: `${orZero(notAccepted)} + ${orZero('judge_dead_letters_total')}`,
  },
  {
    name: 'accept-latency',
    promise: `99 % of submissions are accepted within ${slo.acceptMs.p99} ms`,
    budget: 0.01,
    total: acceptedCount,
    bad: `${acceptedCount} - ${acceptedInTime}`,
  },
  {
    name: 'verdict-latency',
    promise: `99 % of verdicts are there within ${slo.verdictMs.p99} ms`,
    budget: 0.01,
    total: `clamp_min(${verdicts} - ${tooSlowPrograms}, 0)`,
    bad: `clamp_min(${verdicts} - ${verdictsInTime} - ${tooSlowPrograms}, 0)`,
  },
];

/** Of the budget. Prometheus must keep samples for as long. */
export const budgetWindow = '30d';

/** Both windows must burn faster: the long one says that it matters, the short one that it still goes on. */
export const burnAlerts = [
  { long: '1h', short: '5m', rate: 14.4, spends: '2 % of the 30-day budget in an hour', severity: 'page' },
  { long: '6h', short: '30m', rate: 6, spends: '5 % of the 30-day budget in six hours', severity: 'page' },
  { long: '3d', short: '6h', rate: 1, spends: '10 % of the 30-day budget in three days', severity: 'ticket' },
] as const;

/** Of a window, for its alert: in a quiet hour one failure is a great share, and no reason to wake anybody. */
export const leastBadEvents = 10;

/** How many events of an objective were bad. What is recorded looks back five minutes, so one value in five minutes is enough. */
export function badEvents(window: string): string {
  return `sum_over_time(judge:slo_bad:rate5m[${window}:5m]) * 300`;
}

export const burnWindows = ['5m', '30m', '1h', '6h', '3d', budgetWindow] as const;

/** The recorded series: 1 is a budget that is spent exactly when its 30 days are over. */
export function burn(window: (typeof burnWindows)[number]): string {
  return `judge:slo_burn:rate${window}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}
