// The harness' metrics as a scrape finds them: faults go from 0 to 1 and back, also short ones; jobs are those of what runs now.

import { expect, test } from 'vitest';
import { metricInfos } from '../../services/shared/metric-names.ts';
import type { Claim } from '../claim.ts';
import type { FaultEvent } from '../op.ts';
import type { Arm } from '../verdict.ts';
import type { RunningArm } from './result.ts';
import { runMetrics, shownMsLeast } from './run-metrics.ts';

const claim = { id: 'small/x' } as Claim;
const arm = {} as Arm;

function scene() {
  let nowMs = 0;
  const { reporter, text } = runMetrics(metricInfos, () => nowMs);
  return {
    reporter,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** What a scrape gives, without help and type. */
    series: async () => (await text()).split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    text,
  };
}

function fault(fault: number, step: 'inject' | 'heal', target = 'worker-1', more: Partial<FaultEvent> = {}) {
  const kind = 'worker-kill';
  return { type: 'fault', atMs: 1, fault, step, kind, target, proof: {}, ...more } satisfies FaultEvent;
}

const active = (target: string, value: number) =>
  `judge_fault_active{fault="worker-kill",target="${target}"} ${value}`;

test('names, types and labels are those of the list', async () => {
  const { text } = scene();
  expect(await text()).toContain('# TYPE judge_fault_active gauge');
  expect(await text()).toContain(`# HELP judge_run_jobs ${metricInfos.judge_run_jobs.help}`);
});

test('a fault is active until it is healed', async () => {
  const { reporter, series, pass } = scene();
  expect(await series()).toEqual([]);
  reporter.fault?.(claim, 'claim', fault(0, 'inject'));
  pass(60_000);
  expect(await series()).toEqual([active('worker-1', 1)]);
  reporter.fault?.(claim, 'claim', fault(0, 'heal'));
  expect(await series()).toEqual([active('worker-1', 0)]);
});

test.each(['healed at once', 'momentary'])('one that was %s is seen by a scrape every 2 s', async (how) => {
  const { reporter, series, pass } = scene();
  reporter.fault?.(
    claim,
    'claim',
    fault(0, 'inject', 'worker-1', how === 'momentary' ? { momentary: true } : {}),
  );
  if (how !== 'momentary') reporter.fault?.(claim, 'claim', fault(0, 'heal'));
  pass(2000);
  expect(await series()).toEqual([active('worker-1', 1)]);
  pass(shownMsLeast);
  expect(await series()).toEqual([active('worker-1', 0)]);
});

test('one that nobody healed ends with its experiment', async () => {
  const { reporter, series, pass } = scene();
  reporter.fault?.(claim, 'claim', fault(0, 'inject', 'worker-1'));
  reporter.fault?.(claim, 'control', fault(0, 'inject', 'worker-2'));
  pass(60_000);
  reporter.armFinished?.(claim, 'claim', arm);
  expect(await series()).toEqual([active('worker-1', 0), active('worker-2', 1)]);
});

test('of two experiments that strike the same target, the one that lasts longer counts', async () => {
  const { reporter, series, pass } = scene();
  for (const name of ['claim', 'control'] as const) reporter.fault?.(claim, name, fault(0, 'inject'));
  pass(60_000);
  reporter.fault?.(claim, 'claim', fault(0, 'heal'));
  expect(await series()).toEqual([active('worker-1', 1)]);
  reporter.fault?.(claim, 'control', fault(0, 'heal'));
  expect(await series()).toEqual([active('worker-1', 0)]);
});

test('the next claim begins without the faults of the one before', async () => {
  const { reporter, series, pass } = scene();
  reporter.fault?.(claim, 'claim', fault(0, 'inject'));
  reporter.armFinished?.(claim, 'claim', arm);
  reporter.claimStarted?.(claim);
  expect(await series()).toEqual([active('worker-1', 1)]); // it was short
  pass(shownMsLeast);
  reporter.claimStarted?.(claim);
  expect(await series()).toEqual([]);
});

test('jobs are asked for at each scrape, until the next claim', async () => {
  const { reporter, series } = scene();
  const jobs = { acknowledged: 3, finished: 2, acked: 2, redelivered: 1, stale: 0 };
  const running: RunningArm = { beganAtMs: 0, jobs: () => jobs };
  reporter.claimStarted?.(claim);
  reporter.armStarted?.(claim, 'control', running);
  const line = (category: string, many: number) =>
    `judge_run_jobs{claim="small/x",arm="control",category="${category}"} ${many}`;
  expect(await series()).toEqual(Object.entries(jobs).map(([category, many]) => line(category, many)));
  jobs.acknowledged = 9;
  reporter.armFinished?.(claim, 'control', arm);
  expect(await series()).toContain(line('acknowledged', 9));
  reporter.claimStarted?.(claim);
  expect(await series()).toEqual([]);
});
