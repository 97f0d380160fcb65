// The workers: are there enough, is the work shared, how long does it take, and are their processes well.

import { dashboard, labelVariable } from './parts/dashboard.ts';
import { stat, timeSeries } from './parts/panels.ts';
import { quantile, rate } from './parts/promql.ts';

const chosen = 'instance=~"$instance"';
const of = (metric: string) => `${metric}{${chosen}}`;
/** A worker that is this late for its own timers may miss a heartbeat. */
const lagLimits = { warn: 0.1, bad: 0.5 };

export const workers = dashboard({
  uid: 'redproof-workers',
  title: 'Workers',
  description:
    'Slots, how the work is shared, processing time, the sandbox by verdict, and the processes themselves.',
  variables: [labelVariable('instance', 'Worker', 'judge_worker_slots')],
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Workers',
          description: 'Workers whose metrics can be read.',
          width: 6,
          unit: 'short',
          limits: { bad: 1, below: true },
          queries: [{ expr: `count(${of('judge_worker_slots')})`, legend: 'workers' }],
          noValue: '0',
        }),
        stat({
          id: 2,
          title: 'Slots',
          description: 'Jobs that all of them can run at a time.',
          width: 6,
          unit: 'short',
          queries: [{ expr: `sum(${of('judge_worker_slots')})`, legend: 'slots' }],
        }),
        stat({
          id: 3,
          title: 'Busy',
          description:
            'Share of the slots that have a job. Long at 100 % with a backlog: more workers are needed.',
          width: 6,
          unit: 'percentunit',
          limits: { warn: 0.8, bad: 1 },
          queries: [
            {
              expr: `sum(${of('judge_worker_slots_busy')}) / sum(${of('judge_worker_slots')})`,
              legend: 'busy',
            },
          ],
        }),
        stat({
          id: 4,
          title: 'Verdicts a second',
          description: 'By the workers that are chosen.',
          width: 6,
          unit: 'ops',
          queries: [{ expr: rate(of('judge_submission_e2e_seconds_count')), legend: 'verdicts' }],
        }),
      ],
    },
    {
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Busy slots',
          description: 'A worker that is full while others are idle means that work is not shared.',
          width: 12,
          unit: 'short',
          queries: [
            { expr: of('judge_worker_slots_busy'), legend: '{{instance}}' },
            { expr: `max(${of('judge_worker_slots')})`, legend: 'slots of a worker' },
          ],
        }),
        timeSeries({
          id: 11,
          title: 'Claims by worker',
          description: 'Workers pull, so idle ones take more. Equal workers should have equal lines.',
          width: 12,
          unit: 'ops',
          queries: [
            {
              expr: rate(of('messaging_client_consumed_messages_total'), ['instance']),
              legend: '{{instance}}',
            },
          ],
        }),
        timeSeries({
          id: 12,
          title: 'Processing time',
          description: 'From the claim of a job to the answer to its ack: sandbox, ledger, Redis.',
          width: 12,
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, 'messaging_process_duration_seconds', [], chosen),
            legend: `p${q * 100}`,
            exemplars: q === 0.99,
          })),
        }),
        timeSeries({
          id: 13,
          title: 'Processing time by worker (p95)',
          description: 'One that is slower than the others has a busy machine, or a bad connection to Redis.',
          width: 12,
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'messaging_process_duration_seconds', ['instance'], chosen),
              legend: '{{instance}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Sandbox',
      height: 8,
      panels: [
        timeSeries({
          id: 20,
          title: 'Runs by verdict',
          description:
            'AC accepted, WA wrong answer, TLE too slow, MLE too much memory, RE threw. A jump of RE or TLE with no new clients is a fault of ours.',
          width: 12,
          unit: 'ops',
          stacked: true,
          queries: [
            {
              expr: rate(of('judge_sandbox_run_duration_seconds_count'), ['language', 'verdict']),
              legend: '{{language}} {{verdict}}',
            },
          ],
        }),
        timeSeries({
          id: 21,
          title: 'Run time by verdict (p95)',
          description:
            'All tests of a submission. TLE takes as long as the time limit; the others should be far below.',
          width: 12,
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'judge_sandbox_run_duration_seconds', ['verdict'], chosen),
              legend: '{{verdict}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Processes',
      height: 8,
      panels: [
        timeSeries({
          id: 30,
          title: 'Event-loop lag (p99)',
          description:
            'Of every service. What is late here sends its heartbeats late: near the lease, jobs are taken away.',
          width: 12,
          unit: 's',
          limits: lagLimits,
          queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds', legend: '{{job}} {{instance}}' }],
        }),
        timeSeries({
          id: 31,
          title: 'CPU',
          description:
            'Processor seconds a second. The sandboxes run on threads of the worker: 1 is one core.',
          width: 12,
          unit: 'short',
          queries: [
            {
              expr: rate('process_cpu_seconds_total', ['job', 'instance']),
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        timeSeries({
          id: 32,
          title: 'Memory',
          description: 'Resident. A line that only climbs is a leak.',
          width: 12,
          unit: 'bytes',
          queries: [
            { expr: 'process_resident_memory_bytes{job!="redis-exporter"}', legend: '{{job}} {{instance}}' },
          ],
        }),
        timeSeries({
          id: 33,
          title: 'Garbage collection',
          description: 'Share of the time that went into it.',
          width: 12,
          unit: 'percentunit',
          queries: [
            {
              expr: rate('nodejs_gc_duration_seconds_sum', ['job', 'instance']),
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
      ],
    },
  ],
});
