// Faults on the same time axis as what they do: depth, latency, and the running experiment's own account of its jobs.

import { slo } from '../../loadtests/lib/slo.ts';
import { dashboard, labelVariable } from './parts/dashboard.ts';
import { stat, states, timeSeries } from './parts/panels.ts';
import { depthByState, oldestAge, quantile, rate, submitting } from './parts/promql.ts';

const chosen = 'claim=~"$claim", arm=~"$arm"';

export const chaos = dashboard({
  uid: 'redproof-chaos',
  title: 'Chaos',
  description:
    'While npm run chaos or npm run load -- during-chaos is at work: the faults, and below them what they do to the queue, to latency and to the jobs of the experiment.',
  variables: [
    labelVariable('claim', 'Claim', 'judge_run_jobs'),
    labelVariable('arm', 'Arm', 'judge_run_jobs'),
  ],
  sections: [
    {
      height: 6,
      panels: [
        states({
          id: 1,
          title: 'Faults',
          description:
            'One bar for each kind of fault and whom it struck. The harness exposes it while it runs (--metrics-port).',
          width: 20,
          unit: 'short',
          words: { '0': { text: 'healed', color: 'transparent' }, '1': { text: 'active', color: 'red' } },
          queries: [{ expr: 'max by (fault, target) (judge_fault_active)', legend: '{{fault}}: {{target}}' }],
        }),
        stat({
          id: 2,
          title: 'Faults now',
          description: 'How many are in force.',
          width: 4,
          unit: 'short',
          limits: { bad: 1 },
          queries: [{ expr: 'sum(max by (fault, target) (judge_fault_active))', legend: 'active' }],
          noValue: 'no harness',
        }),
      ],
    },
    {
      title: 'The experiment’s own account',
      height: 7,
      panels: [
        timeSeries({
          id: 10,
          title: 'Jobs by category',
          description:
            'By ledgers and answers, not by the queue. In the end acked reaches acknowledged: a gap that stays is lost work.',
          width: 16,
          unit: 'short',
          queries: [
            {
              expr: `max by (claim, arm, category) (judge_run_jobs{${chosen}})`,
              legend: '{{claim}} {{arm}}: {{category}}',
            },
          ],
        }),
        timeSeries({
          id: 11,
          title: 'Not yet acked',
          description:
            'Acknowledged to clients, and not yet acked by a worker. It must come back to 0 when the faults are healed.',
          width: 8,
          unit: 'short',
          queries: [
            {
              expr: `max by (claim, arm) (judge_run_jobs{${chosen}, category="acknowledged"}) - max by (claim, arm) (judge_run_jobs{${chosen}, category="acked"})`,
              legend: '{{claim}} {{arm}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'What the services say',
      height: 7,
      panels: [
        timeSeries({
          id: 20,
          title: 'Depth',
          description: 'A hill behind a fault is fine; a plateau is not.',
          width: 12,
          unit: 'short',
          stacked: true,
          queries: depthByState,
        }),
        timeSeries({
          id: 21,
          title: 'Age of the oldest waiting job',
          description: 'How long the fault held things up.',
          width: 12,
          unit: 's',
          queries: [{ expr: oldestAge, legend: 'oldest' }],
        }),
        timeSeries({
          id: 22,
          title: 'Latency (p99)',
          description: 'accept is what a client feels at once, verdict what it waits for.',
          width: 12,
          unit: 's',
          limits: { bad: slo.verdictMs.p99 / 1000 },
          queries: [
            {
              expr: quantile(0.99, 'http_server_request_duration_seconds', [], submitting),
              legend: 'accept',
            },
            { expr: quantile(0.99, 'judge_submission_e2e_seconds'), legend: 'verdict' },
            { expr: quantile(0.99, 'judge_delivery_duration_seconds'), legend: 'push' },
          ],
        }),
        timeSeries({
          id: 23,
          title: 'Repair',
          description: 'Redelivered jobs, acks that were fenced off, jobs given up.',
          width: 12,
          unit: 'ops',
          queries: [
            { expr: rate('judge_redeliveries_total', ['reason']), legend: 'redelivered: {{reason}}' },
            { expr: rate('judge_stale_acks_total'), legend: 'stale acks' },
            { expr: rate('judge_lost_claims_total'), legend: 'lost claims' },
            { expr: rate('judge_dead_letters_total'), legend: 'dead letters' },
          ],
        }),
        timeSeries({
          id: 24,
          title: 'Instances up',
          description: 'Whose metrics can be read.',
          width: 12,
          unit: 'short',
          decimals: 0,
          queries: [
            { expr: 'sum by (job) (up{job!="harness"})', legend: '{{job}}' },
            { expr: 'sum(redis_up)', legend: 'redis' },
          ],
        }),
        timeSeries({
          id: 25,
          title: 'Submissions by outcome',
          description: 'refused and unknown while Redis is away; full when the workers are.',
          width: 12,
          unit: 'ops',
          stacked: true,
          queries: [
            { expr: rate('messaging_client_sent_messages_total', ['outcome']), legend: '{{outcome}}' },
          ],
        }),
      ],
    },
  ],
});
