// The queue: how much waits, for how long, whether it shrinks, and what came of deliveries that failed.

import { slo } from '../../loadtests/lib/slo.ts';
import { nearlyFullShare, oldestJobSeconds } from './alerts.ts';
import { dashboard } from './parts/dashboard.ts';
import { stat, timeSeries } from './parts/panels.ts';
import { depth, depthByState, increase, oldestAge, quantile, rate } from './parts/promql.ts';

const oldestLimits = { warn: slo.verdictMs.p99 / 1000, bad: oldestJobSeconds };
const finished = rate('judge_submission_e2e_seconds_count');
/** Of whatever is chosen at the top right. */
const range = '$__range';

export const queue = dashboard({
  uid: 'redproof-queue',
  title: 'Queue',
  description:
    'Jobs by state, how long they wait, whether the backlog shrinks, redeliveries and dead letters. Wait tells more than depth.',
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Oldest job waits',
          description: 'How long the job that waits longest has waited.',
          width: 4,
          unit: 's',
          limits: oldestLimits,
          queries: [{ expr: oldestAge, legend: 'oldest' }],
        }),
        stat({
          id: 2,
          title: 'Waiting',
          description: 'Jobs in the queue that no worker has.',
          width: 4,
          unit: 'short',
          queries: [{ expr: depth('queued'), legend: 'queued' }],
        }),
        stat({
          id: 3,
          title: 'In flight',
          description:
            'Jobs that are claimed and not yet acked, those of dead workers included until their lease ends.',
          width: 4,
          unit: 'short',
          queries: [{ expr: depth('running'), legend: 'running' }],
        }),
        stat({
          id: 4,
          title: 'Drained in',
          description:
            'If nothing more came and workers went on as now. No value: nothing is finished at all.',
          width: 4,
          unit: 's',
          limits: oldestLimits,
          queries: [{ expr: `${depth('queued')} / (${finished} > 0)`, legend: 'drain time' }],
          noValue: 'not draining',
        }),
        stat({
          id: 5,
          title: 'Share of the cap',
          description: 'At 100 % submissions are refused with 429. No value: there is no cap.',
          width: 4,
          unit: 'percentunit',
          limits: { warn: nearlyFullShare / 2, bad: nearlyFullShare },
          queries: [{ expr: `${depth('queued')} / (max(judge_queue_cap) > 0)`, legend: 'full' }],
          noValue: 'no cap',
        }),
        stat({
          id: 6,
          title: 'Dead letters',
          description: 'Jobs that were given up and wait for somebody to redrive them: GET /dead-letters.',
          width: 4,
          unit: 'short',
          limits: { bad: 1 },
          queries: [{ expr: depth('dead'), legend: 'dead' }],
        }),
      ],
    },
    {
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Depth by state',
          description: 'By the queue itself. done is left out: it only grows until records expire.',
          width: 12,
          unit: 'short',
          stacked: true,
          queries: depthByState,
        }),
        timeSeries({
          id: 11,
          title: 'Age of the oldest waiting job',
          description: 'A straight climb: nobody takes jobs. A saw: jobs go round in circles.',
          width: 12,
          unit: 's',
          limits: oldestLimits,
          queries: [{ expr: oldestAge, legend: 'oldest' }],
        }),
        timeSeries({
          id: 12,
          title: 'In and out',
          description:
            'Accepted above finished: the backlog grows. Claimed above finished: work is repeated, or just begun.',
          width: 12,
          unit: 'ops',
          queries: [
            { expr: rate('messaging_client_sent_messages_total{outcome="accepted"}'), legend: 'accepted' },
            { expr: rate('messaging_client_consumed_messages_total'), legend: 'claimed' },
            { expr: finished, legend: 'finished' },
          ],
        }),
        timeSeries({
          id: 13,
          title: 'Drain time',
          description: 'Backlog divided by what is finished a second. No line: nothing is finished.',
          width: 12,
          unit: 's',
          limits: oldestLimits,
          queries: [{ expr: `${depth('queued')} / (${finished} > 0)`, legend: 'drain time' }],
        }),
      ],
    },
    {
      title: 'Wait',
      height: 8,
      panels: [
        timeSeries({
          id: 20,
          title: 'Wait of first deliveries',
          description: 'From the enqueue of a job to its claim.',
          width: 12,
          unit: 's',
          limits: oldestLimits,
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, 'judge_queue_wait_seconds', [], 'delivery="first"'),
            legend: `p${q * 100}`,
            exemplars: q === 0.99,
          })),
        }),
        timeSeries({
          id: 21,
          title: 'Claims by delivery',
          description:
            'again: the job had been delivered before. After a worker was killed a few are right; a steady line is not.',
          width: 12,
          unit: 'ops',
          queries: [
            {
              expr: rate('messaging_client_consumed_messages_total', ['queue', 'delivery']),
              legend: '{{queue}} {{delivery}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'What went wrong',
      height: 7,
      panels: [
        timeSeries({
          id: 30,
          title: 'Redeliveries by reason',
          description:
            'lease_expired: the worker died or was silent for longer than its lease. released: it gave the job back when it stopped.',
          width: 8,
          unit: 'ops',
          queries: [
            { expr: rate('judge_redeliveries_total', ['queue', 'reason']), legend: '{{queue}} {{reason}}' },
          ],
        }),
        timeSeries({
          id: 31,
          title: 'Fenced off',
          description:
            'stale acks: refused, because another worker had taken the job over. lost claims: a heartbeat found the job in other hands.',
          width: 8,
          unit: 'ops',
          queries: [
            { expr: rate('judge_stale_acks_total'), legend: 'stale acks' },
            { expr: rate('judge_lost_claims_total'), legend: 'lost claims' },
          ],
        }),
        timeSeries({
          id: 32,
          title: 'Dead letters and damage',
          description: 'Jobs given up, and things that are wrong with the queue itself. Both belong at 0.',
          width: 8,
          unit: 'ops',
          queries: [
            { expr: rate('judge_dead_letters_total'), legend: 'dead letters' },
            { expr: rate('judge_queue_alerts_total', ['kind']), legend: 'damage: {{kind}}' },
          ],
        }),
        stat({
          id: 33,
          title: 'Redelivered',
          description: 'In the time range that is shown.',
          width: 8,
          unit: 'short',
          decimals: 0,
          queries: [{ expr: increase('judge_redeliveries_total', [], range), legend: 'redelivered' }],
        }),
        stat({
          id: 34,
          title: 'Stale acks',
          description:
            'In the time range that is shown. Work that was done twice; its second result was refused.',
          width: 8,
          unit: 'short',
          decimals: 0,
          queries: [{ expr: increase('judge_stale_acks_total', [], range), legend: 'stale acks' }],
        }),
        stat({
          id: 35,
          title: 'Given up',
          description: 'Dead-lettered in the time range that is shown.',
          width: 8,
          unit: 'short',
          decimals: 0,
          limits: { bad: 1 },
          queries: [{ expr: increase('judge_dead_letters_total', [], range), legend: 'given up' }],
        }),
      ],
    },
  ],
});
