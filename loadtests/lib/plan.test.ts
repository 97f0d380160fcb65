// How many submissions a plan has, and what a duration may look like.

import { describe, expect, test } from 'vitest';
import { parseDuration, planOf } from './plan.ts';

const plan = (peakPerSecond: number, durationMs: number, rest = {}) =>
  planOf({ name: 'x', peakPerSecond, durationMs, ...rest });

describe('what is offered', () => {
  test('constant: the rate times the duration', () => {
    expect(plan(5, 10_000)).toMatchObject({ offered: 50, from: 1, stages: [{ during: 1, to: 1 }] });
  });

  test('ramping: the area under the stages', () => {
    const stages = [
      { during: 0.5, to: 1 },
      { during: 0.5, to: 0 },
    ];
    expect(plan(100, 10_000, { from: 0, stages }).offered).toBe(500);
    expect(plan(100, 10_000, { from: 0.5, stages: [{ during: 1, to: 0.5 }] }).offered).toBe(500);
  });

  test('there are clients for three seconds of submissions, never too few or too many', () => {
    expect([1, 6, 7, 300, 5000].map((rate) => plan(rate, 1000).clients)).toEqual([20, 20, 21, 900, 1000]);
  });
});

describe('durations', () => {
  test.each([
    ['1s', 1000],
    ['1.5s', 1500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['2500ms', 2500],
    ['168h', 604_800_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    '10',
    '0s',
    '999ms',
    '-1s',
    '1e3s',
    '1 s',
    '1d',
    '169h',
    's',
    '1sm',
  ])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is no duration`);
  });
});
