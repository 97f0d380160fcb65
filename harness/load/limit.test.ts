// From samples to the resource that gave out: each one is named when it is full, none when none is.

import { describe, expect, test } from 'vitest';
import type { LoadSummary } from '../../loadtests/lib/summary.ts';
import { limitOf } from './limit.ts';
import { type Component, type Resources, resourcesOf, type Sample } from './resources.ts';

const summary = (changes: Partial<LoadSummary> = {}): LoadSummary => ({
  scenario: 'breakpoint',
  target: 'http://127.0.0.1:1',
  seed: 1,
  durationMs: 8000,
  offered: 800,
  sent: 800,
  dropped: 0,
  accepted: 800,
  offeredPerSecond: 100,
  peakPerSecond: 100,
  achievedPerSecond: 100,
  rateMet: true,
  acceptMs: { p50: 5, p95: 60, p99: 200, max: 300 },
  verdictMs: { p50: 50, p95: 600, p99: 2000, max: 3000 },
  verdicts: { seen: 800, byWebSocket: 800, byGet: 0, wrong: 0 },
  failedRate: 0,
  errors: {},
  objectives: [{ says: 'accept p99 ≤ 100 ms', met: false, seen: '200.0 ms' }],
  ...changes,
});
const idle: Resources = {
  cores: { api: 0.2, subscriber: 0.1, worker: 0.3, redis: 0.1, k6: 0.3 },
  mainThread: { api: 0.2, subscriber: 0.1, worker: 0.1, redis: 0.1, k6: 0.1 },
  others: 0.1,
  machine: { busyCores: 1.1, cores: 2 },
  queue: { atStart: 0, atEnd: 2, most: 4, runningMean: 1 },
  lagMsMost: 12,
};
const capacity = { workers: 2, slotsEach: 2 };
const limit = (used: Partial<Resources>, changes: Partial<LoadSummary> = {}) =>
  limitOf({ ...idle, ...used }, summary(changes), capacity);

describe('what gave out', () => {
  test.each<[string, Partial<Resources>, Partial<LoadSummary>, RegExp]>([
    ['queue-cap', {}, { errors: { 'queue-full': 30 } }, /30 of 800 submissions were refused with 429/],
    [
      'api',
      { mainThread: { api: 0.97, redis: 0.92 } },
      {},
      /the API: its one thread .* 97 % .* late by 12 ms/,
    ],
    ['redis', { mainThread: { api: 0.5, redis: 0.95 } }, {}, /Redis: its one thread .* 95 %/],
    ['subscriber', { mainThread: { subscriber: 0.93 } }, {}, /the subscriber/],
    [
      'k6',
      { machine: { busyCores: 1.95, cores: 2 }, cores: { api: 0.4, worker: 0.5, k6: 0.9 } },
      {},
      /k6 itself: 1.95 of the machine's 2 cores were in use, 0.9 of them by the load generator/,
    ],
    [
      'machine',
      { machine: { busyCores: 1.95, cores: 2 }, cores: { api: 0.4, worker: 0.9, k6: 0.5 } },
      {},
      /the processor: 1.95 .* \(api 0.4, worker 0.9, k6 0.5/,
    ],
    ['others', { machine: { busyCores: 2, cores: 2 }, others: 1.4 }, {}, /other programs .* 1.4 of them/],
    [
      'worker-slots',
      { queue: { atStart: 0, atEnd: 90, most: 90, runningMean: 3.9 } },
      {},
      /3.9 of their 4 slots .* up to 90 submissions waited while only 1.1 of 2 cores/,
    ],
    ['k6', {}, { dropped: 40 }, /k6 itself: all its clients .* 40 submissions were dropped/],
    ['k6', {}, { sent: 700 }, /k6 itself: it sent 700 of 800 .* using 0.3 cores/],
    [
      'unknown',
      {},
      {},
      /no resource that was sampled was full .*missed: accept p99 ≤ 100 ms \(it was 200.0 ms\)/,
    ],
  ])('%s', (resource, used, changes, says) => {
    const found = limit(used, changes);
    expect(found.resource).toBe(resource);
    expect(found.says).toMatch(says);
  });

  test('of somebody else’s judge only what can be seen is said', () => {
    const blind: Resources = {
      ...idle,
      cores: { k6: 0.3 },
      mainThread: { k6: 0.1 },
      queue: null,
      others: null,
    };
    expect(limitOf(blind, summary(), null).says).toContain('cannot be seen from here');
  });
});

describe('resources', () => {
  const sample = (atMs: number, ticks: number, more: Partial<Sample> = {}): Sample => ({
    atMs,
    cpu: { api: { ticks, main: [ticks / 2] }, worker: { ticks: ticks * 2, main: [ticks, 0] } },
    machine: { busy: ticks * 4, total: atMs / 5 },
    queue: { waiting: ticks, running: 2 },
    lagMs: ticks / 10,
    ...more,
  });

  test('are the differences of the counters', () => {
    const used = resourcesOf([sample(0, 0), sample(500, 25), sample(1000, 40)], 100, 2);
    expect(used).toEqual({
      cores: { api: 0.4, worker: 0.8 },
      mainThread: { api: 0.2, worker: 0.4 },
      others: 0.4,
      machine: { busyCores: 1.6, cores: 2 },
      queue: { atStart: 0, atEnd: 40, most: 40, runningMean: 2 },
      lagMsMost: 4,
    });
  });

  test('are not made up where there are no samples, or nothing to see', () => {
    for (const samples of [[], [sample(0, 0)]]) {
      expect(resourcesOf(samples, 100, 2)).toMatchObject({
        cores: {},
        machine: null,
        queue: null,
        lagMsMost: null,
      });
    }
    const blind = [0, 1000].map((atMs) =>
      sample(atMs, 0, { cpu: {}, machine: null, queue: null, lagMs: null }),
    );
    expect(resourcesOf(blind, 100, 2)).toMatchObject({
      cores: {},
      machine: null,
      queue: null,
      lagMsMost: null,
    });
  });

  test('a process that was not there from the start is left out', () => {
    const late: Partial<Record<Component, { ticks: number; main: number[] }>> = {
      k6: { ticks: 5, main: [1] },
    };
    const used = resourcesOf([sample(0, 0, { cpu: {} }), sample(1000, 1, { cpu: late })], 100, 2);
    expect(used.cores).toEqual({});
  });
});
