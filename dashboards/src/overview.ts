// What somebody who is called at night wants first: is it broken, for whom, since when, and which stage.

import { slo } from '../../loadtests/lib/slo.ts';
import { oldestJobSeconds } from './alerts.ts';
import { budgetWindow, burn, objectives } from './objectives.ts';
import { dashboard } from './parts/dashboard.ts';
import { type Limits, stat, states, timeSeries } from './parts/panels.ts';
import { notAccepted, oldestAge, quantile, rate, sent, submitting } from './parts/promql.ts';

const seconds = (ms: { p95: number; p99: number }): Limits => ({ warn: ms.p95 / 1000, bad: ms.p99 / 1000 });
const budgetLimits: Limits = { warn: 0.25, bad: 0, below: true };

const quantiles = (histogram: string, matchers = '') =>
  [0.5, 0.95, 0.99].map((q) => ({
    expr: quantile(q, histogram, [], matchers),
    legend: `p${q * 100}`,
    exemplars: q === 0.99,
  }));

export const overview = dashboard({
  uid: 'redproof-overview',
  title: 'Overview',
  description:
    'The judge at a glance: requests, errors, latency from submission to verdict, and how much error budget is left.',
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Alerts firing',
          description:
            'Alerts of any severity that fire now. Alerting > Alert rules has what each means and what to do.',
          width: 4,
          unit: 'short',
          limits: { bad: 1 },
          queries: [{ expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', legend: 'firing' }],
        }),
        stat({
          id: 2,
          title: 'Error budget left',
          description: `Of the objective that is worst off, over ${budgetWindow}. Below 0 a promise is broken.`,
          width: 4,
          unit: 'percentunit',
          limits: budgetLimits,
          queries: [{ expr: `min(1 - ${burn(budgetWindow)})`, legend: 'left' }],
        }),
        stat({
          id: 3,
          title: 'Not accepted',
          description: `Share of submissions that were refused, or of which nobody knows. The objective allows ${slo.failedRate * 100} %.`,
          width: 4,
          unit: 'percentunit',
          limits: { bad: slo.failedRate },
          queries: [
            { expr: `${rate(notAccepted)} / clamp_min(${rate(sent)}, 1e-9)`, legend: 'not accepted' },
          ],
        }),
        stat({
          id: 4,
          title: 'Verdict within (p99)',
          description:
            'From the enqueue of a job to its recorded verdict. Submissions that run into their time limit are in it.',
          width: 4,
          unit: 's',
          limits: seconds(slo.verdictMs),
          queries: [{ expr: quantile(0.99, 'judge_submission_e2e_seconds'), legend: 'p99' }],
          noValue: 'no verdicts',
        }),
        stat({
          id: 5,
          title: 'Oldest job waits',
          description:
            'How long the job that waits longest has waited. It says sooner than the depth that workers do not keep up.',
          width: 4,
          unit: 's',
          limits: { warn: slo.verdictMs.p99 / 1000, bad: oldestJobSeconds },
          queries: [{ expr: oldestAge, legend: 'oldest' }],
        }),
        stat({
          id: 6,
          title: 'Verdicts a second',
          description: 'Jobs that were finished, by all workers.',
          width: 4,
          unit: 'ops',
          queries: [{ expr: rate('judge_submission_e2e_seconds_count'), legend: 'verdicts' }],
        }),
      ],
    },
    {
      height: 5,
      panels: [
        states({
          id: 7,
          title: 'Alerts',
          description: 'Which alerts were pending or firing, and when.',
          width: 12,
          unit: 'short',
          words: { '1': { text: 'pending', color: 'yellow' }, '2': { text: 'firing', color: 'red' } },
          queries: [
            {
              expr: 'max by (alertname) (ALERTS{alertstate="firing"} * 2 or ALERTS{alertstate="pending"})',
              legend: '{{alertname}}',
            },
          ],
        }),
        timeSeries({
          id: 8,
          title: 'Instances up',
          description: 'Instances whose /metrics Prometheus can read. A paused process counts as down.',
          width: 12,
          unit: 'short',
          decimals: 0,
          queries: [{ expr: 'sum by (job) (up)', legend: '{{job}}' }],
        }),
      ],
    },
    {
      title: 'API: rate, errors, duration',
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Requests by route',
          description: 'Answers a second. /submissions is the work; probes and scrapes come beside it.',
          width: 8,
          unit: 'reqps',
          queries: [
            {
              expr: rate('http_server_request_duration_seconds_count', ['http_request_method', 'http_route']),
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        }),
        timeSeries({
          id: 11,
          title: 'Submissions by outcome',
          description:
            'accepted and known (a repeated key) are good. full: the queue is at its cap. refused: Redis was not reached. unknown: it may have been. conflict: the client used a key twice.',
          width: 8,
          unit: 'ops',
          stacked: true,
          queries: [
            { expr: rate('messaging_client_sent_messages_total', ['outcome']), legend: '{{outcome}}' },
          ],
        }),
        timeSeries({
          id: 12,
          title: 'Time to accept a submission',
          description: `POST /submissions, whatever the answer. Objective: p95 ${slo.acceptMs.p95} ms, p99 ${slo.acceptMs.p99} ms.`,
          width: 8,
          unit: 's',
          limits: seconds(slo.acceptMs),
          queries: quantiles('http_server_request_duration_seconds', submitting),
        }),
        timeSeries({
          id: 13,
          title: 'Answers by status',
          description:
            '429: the queue is full. 503: Redis is away. 4xx: what clients did wrong. 500 is a bug.',
          width: 12,
          unit: 'reqps',
          queries: [
            {
              expr: rate('http_server_request_duration_seconds_count', ['http_response_status_code']),
              legend: '{{http_response_status_code}}',
            },
          ],
        }),
        timeSeries({
          id: 14,
          title: 'Messages that fit no schema',
          description:
            'Refused, logged and not acted upon. From clients it is their fault; from the queue or Redis it is ours.',
          width: 12,
          unit: 'ops',
          queries: [
            { expr: rate('judge_invalid_messages_total', ['job', 'source']), legend: '{{job}}: {{source}}' },
          ],
        }),
      ],
    },
    {
      title: 'From submission to verdict',
      height: 8,
      panels: [
        timeSeries({
          id: 20,
          title: 'Enqueue to verdict',
          description: `Objective: p95 ${slo.verdictMs.p95} ms, p99 ${slo.verdictMs.p99} ms, without programs that run into their time limit.`,
          width: 12,
          unit: 's',
          limits: seconds(slo.verdictMs),
          queries: quantiles('judge_submission_e2e_seconds'),
        }),
        timeSeries({
          id: 21,
          title: 'Where the time goes (p95)',
          description:
            'The stages one after another. The one that rose is the one to look at: Queue, Workers or Delivery.',
          width: 12,
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'http_server_request_duration_seconds', [], submitting),
              legend: 'accept',
            },
            { expr: quantile(0.95, 'judge_queue_wait_seconds'), legend: 'wait in the queue' },
            { expr: quantile(0.95, 'messaging_process_duration_seconds'), legend: 'process' },
            { expr: quantile(0.95, 'judge_delivery_duration_seconds'), legend: 'push to the client' },
          ],
        }),
      ],
    },
    {
      title: 'Objectives',
      height: 8,
      panels: [
        timeSeries({
          id: 30,
          title: 'Error budget left by objective',
          description: `Over ${budgetWindow}. ${objectives.map(({ name, promise }) => `${name}: ${promise}.`).join(' ')}`,
          width: 12,
          unit: 'percentunit',
          limits: budgetLimits,
          max: 1,
          queries: [{ expr: `1 - ${burn(budgetWindow)}`, legend: '{{slo}}' }],
        }),
        timeSeries({
          id: 31,
          title: 'Burn rate',
          description:
            'How many times faster than allowed the budget is spent: over an hour (what pages at 14.4) and over five minutes (whether it still goes on).',
          width: 12,
          unit: 'short',
          limits: { warn: 1, bad: 14.4 },
          queries: [
            { expr: burn('1h'), legend: '{{slo}} 1h' },
            { expr: burn('5m'), legend: '{{slo}} 5m' },
          ],
        }),
      ],
    },
  ],
});
