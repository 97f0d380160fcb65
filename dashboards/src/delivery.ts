// From a published status to the browser: who listens, how long it takes, what was not sent and why.

import { dashboard } from './parts/dashboard.ts';
import { stat, timeSeries } from './parts/panels.ts';
import { increase, quantile, rate } from './parts/promql.ts';

/** A push that takes longer is what a person notices. */
const pushLimits = { warn: 0.1, bad: 0.5 };
const range = '$__range';

export const delivery = dashboard({
  uid: 'redproof-delivery',
  title: 'Delivery',
  description:
    'WebSocket clients, the time from publish to push, and what was dropped: stale statuses, clients that were cut off.',
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Clients',
          description: 'Open WebSockets, at all subscribers.',
          width: 6,
          unit: 'short',
          queries: [{ expr: 'sum(judge_client_connections)', legend: 'clients' }],
        }),
        stat({
          id: 2,
          title: 'Publish to push (p99)',
          description: 'From the publishing of a status by a worker to its push to a client.',
          width: 6,
          unit: 's',
          limits: pushLimits,
          queries: [{ expr: quantile(0.99, 'judge_delivery_duration_seconds'), legend: 'p99' }],
          noValue: 'no pushes',
        }),
        stat({
          id: 3,
          title: 'Statuses a second',
          description: 'Sent to clients.',
          width: 6,
          unit: 'ops',
          queries: [{ expr: rate('judge_deliveries_total'), legend: 'statuses' }],
        }),
        stat({
          id: 4,
          title: 'Clients cut off',
          description: 'By the subscriber, in the time range that is shown.',
          width: 6,
          unit: 'short',
          decimals: 0,
          limits: { bad: 1 },
          queries: [{ expr: increase('judge_clients_cut_off_total', [], range), legend: 'cut off' }],
        }),
      ],
    },
    {
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Publish to push',
          description: 'Over all clients. It rises when Redis, the subscriber or a slow client does.',
          width: 12,
          unit: 's',
          limits: pushLimits,
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, 'judge_delivery_duration_seconds', ['transport']),
            legend: `{{transport}} p${q * 100}`,
            exemplars: q === 0.99,
          })),
        }),
        timeSeries({
          id: 11,
          title: 'Clients by subscriber',
          description:
            'A cliff: a subscriber went away, or cut its clients off. They come back and are told the current state first.',
          width: 12,
          unit: 'short',
          stacked: true,
          queries: [{ expr: 'sum by (instance) (judge_client_connections)', legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 12,
          title: 'Statuses by where they came from',
          description:
            'live: heard on the channel. read: read from the queue, when a client begins to watch, after a reconnect, and by the sweep that finds what pub/sub lost.',
          width: 12,
          unit: 'ops',
          queries: [{ expr: rate('judge_deliveries_total', ['source']), legend: '{{source}}' }],
        }),
        timeSeries({
          id: 13,
          title: 'Stale statuses',
          description:
            'Not sent, because the client already had one at least as new. Some are right: the sweep and the channel overlap.',
          width: 12,
          unit: 'ops',
          queries: [{ expr: rate('judge_stale_statuses_total'), legend: 'stale' }],
        }),
        timeSeries({
          id: 14,
          title: 'Clients cut off by reason',
          description:
            'slow: too much unsent. no_pong: gone without a word. invalid_messages: sent what makes no sense.',
          width: 12,
          unit: 'ops',
          queries: [{ expr: rate('judge_clients_cut_off_total', ['reason']), legend: '{{reason}}' }],
        }),
        timeSeries({
          id: 15,
          title: 'Messages refused by subscribers',
          description: 'redis, record: from the services themselves. client, upgrade: from outside.',
          width: 12,
          unit: 'ops',
          queries: [
            {
              expr: rate('judge_invalid_messages_total{job="subscriber"}', ['source']),
              legend: '{{source}}',
            },
          ],
        }),
      ],
    },
  ],
});
