// What k6 sees against what the services see: where the two differ, the time was lost between them.
// k6 pushes with `--out experimental-prometheus-rw` and K6_PROMETHEUS_RW_TREND_STATS=p(95),p(99).

import { slo } from '../../loadtests/lib/slo.ts';
import { dashboard, labelVariable } from './parts/dashboard.ts';
import { type Query, stat, timeSeries } from './parts/panels.ts';
import { depth, notAccepted, quantile, rate, sent, submitting } from './parts/promql.ts';

const chosen = 'scenario=~"$scenario"';
/** k6 pushes every five seconds. */
const k6 = (expr: string, legend: string): Query => ({ expr, legend, everyStep: '5s' });
/** k6 names a counter only once it counted: 0 while k6 is there at all. */
const orZero = (expr: string) => `(${expr} or vector(0)) + 0 * max(k6_vus)`;
const seconds = ({ p95, p99 }: { p95: number; p99: number }) => ({ warn: p95 / 1000, bad: p99 / 1000 });

export const load = dashboard({
  uid: 'redproof-load',
  title: 'Load',
  description: "k6's view against the services': rates, latency and failures on one axis.",
  variables: [labelVariable('scenario', 'Scenario', 'k6_judge_sent_total')],
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Failed',
          description: `Submissions that came to nothing, as k6 counts them since its start. The objective allows ${slo.failedRate * 100} %.`,
          width: 6,
          unit: 'percentunit',
          limits: { bad: slo.failedRate },
          queries: [k6(`max(k6_judge_failed_rate{${chosen}})`, 'failed')],
          noValue: 'no k6',
        }),
        stat({
          id: 2,
          title: 'Wrong verdicts',
          description: 'That differ from what the program deserves. One is too many.',
          width: 6,
          unit: 'short',
          limits: { bad: 1 },
          queries: [k6(`sum(k6_judge_wrong_verdicts_total{${chosen}})`, 'wrong')],
          noValue: 'no k6',
        }),
        stat({
          id: 3,
          title: 'Verdict within (p99)',
          description: 'From sending to the verdict at the client.',
          width: 6,
          unit: 's',
          limits: seconds(slo.verdictMs),
          queries: [k6(`max(k6_judge_verdict_duration_p99{${chosen}})`, 'p99')],
          noValue: 'no k6',
        }),
        stat({
          id: 4,
          title: 'Not sent',
          description:
            'Iterations that k6 dropped because it had no free client. With any, its latencies are not to be believed.',
          width: 6,
          unit: 'short',
          limits: { bad: 1 },
          queries: [k6(orZero('sum(k6_dropped_iterations_total)'), 'dropped')],
          noValue: 'no k6',
        }),
      ],
    },
    {
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Submissions',
          description: 'k6 sends, the API takes, workers finish. Lines that part show where it backs up.',
          width: 12,
          unit: 'ops',
          queries: [
            k6(rate(`k6_judge_sent_total{${chosen}}`), 'k6: sent'),
            k6(rate(`k6_judge_accepted_total{${chosen}}`), 'k6: accepted'),
            {
              expr: rate('messaging_client_sent_messages_total{outcome="accepted"}'),
              legend: 'API: accepted',
            },
            { expr: rate('judge_submission_e2e_seconds_count'), legend: 'workers: verdicts' },
          ],
        }),
        timeSeries({
          id: 11,
          title: 'Not accepted',
          description:
            'k6 counts a submission without a verdict too, and since its start; the API counts what it refused just now.',
          width: 12,
          unit: 'percentunit',
          limits: { bad: slo.failedRate },
          queries: [
            k6(`max(k6_judge_failed_rate{${chosen}})`, 'k6: failed'),
            { expr: `${rate(notAccepted)} / clamp_min(${rate(sent)}, 1e-9)`, legend: 'API: not accepted' },
          ],
        }),
        timeSeries({
          id: 12,
          title: 'Time to accept',
          description: 'k6 counts connecting and the way there and back, the API only its own part.',
          width: 12,
          unit: 's',
          limits: seconds(slo.acceptMs),
          queries: [
            k6(`max(k6_judge_accept_duration_p95{${chosen}})`, 'k6 p95'),
            k6(`max(k6_judge_accept_duration_p99{${chosen}})`, 'k6 p99'),
            {
              expr: quantile(0.95, 'http_server_request_duration_seconds', [], submitting),
              legend: 'API p95',
            },
            {
              expr: quantile(0.99, 'http_server_request_duration_seconds', [], submitting),
              legend: 'API p99',
            },
          ],
        }),
        timeSeries({
          id: 13,
          title: 'Time to the verdict',
          description:
            "k6's begins when it sends and ends at the client; the services' begins at the enqueue and ends with the record.",
          width: 12,
          unit: 's',
          limits: seconds(slo.verdictMs),
          queries: [
            k6(`max(k6_judge_verdict_duration_p95{${chosen}})`, 'k6 p95'),
            k6(`max(k6_judge_verdict_duration_p99{${chosen}})`, 'k6 p99'),
            { expr: quantile(0.95, 'judge_submission_e2e_seconds'), legend: 'services p95' },
            { expr: quantile(0.99, 'judge_submission_e2e_seconds'), legend: 'services p99' },
          ],
        }),
        timeSeries({
          id: 14,
          title: 'How verdicts reached the client',
          description: 'GET is what a client falls back to when its WebSocket fails.',
          width: 8,
          unit: 'ops',
          queries: [
            k6(orZero(rate(`k6_judge_verdicts_by_websocket_total{${chosen}}`)), 'WebSocket'),
            k6(orZero(rate(`k6_judge_verdicts_by_get_total{${chosen}}`)), 'GET'),
          ],
        }),
        timeSeries({
          id: 15,
          title: 'Clients',
          description: "k6's clients, and how many WebSockets the subscribers have.",
          width: 8,
          unit: 'short',
          queries: [
            k6('sum(k6_vus)', 'k6: clients'),
            { expr: 'sum(judge_client_connections)', legend: 'subscribers: WebSockets' },
          ],
        }),
        timeSeries({
          id: 16,
          title: 'Backlog',
          description: 'What the load leaves behind.',
          width: 8,
          unit: 'short',
          queries: [{ expr: depth('queued'), legend: 'queued' }],
        }),
      ],
    },
  ],
});
