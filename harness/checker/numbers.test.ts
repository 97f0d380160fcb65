// quantile.ts and bound.ts.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { upperBound95 } from './bound.ts';
import { quantile, roundMs } from './quantile.ts';

describe('quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [0, 1],
    [0.01, 1],
    [0.07, 7], // 0.07 × 100 is a hair above 7
    [0.5, 50],
    [0.55, 55],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
  ])('q %d of 1 to 100 is %d', (q, expected) => expect(quantile(hundred, q)).toBe(expected));

  test('one sample is every quantile, none has none', () => {
    expect([0, 0.5, 1].map((q) => quantile([7], q))).toEqual([7, 7, 7]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('always one of the samples, at least that share at or below it, the input untouched', () => {
    const samples = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 100 }), (values, percent) => {
        const before = [...values];
        const value = quantile(values, percent / 100);
        expect(values).toEqual(before);
        expect(values).toContain(value);
        expect(values.filter((other) => other <= value).length * 100).toBeGreaterThanOrEqual(
          percent * values.length,
        );
      }),
    );
  });

  test('a million samples', () => {
    expect(
      quantile(
        Array.from({ length: 1_000_000 }, (_, index) => index + 1),
        0.99,
      ),
    ).toBe(990_000);
  });

  test('roundMs keeps a tenth', () => expect([1.24, 1.25, -0.04].map(roundMs)).toEqual([1.2, 1.3, -0]));
});

describe('upperBound95', () => {
  test.each([
    [0, 60, 1 - 0.05 ** (1 / 60)],
    [0, 1200, 1 - 0.05 ** (1 / 1200)],
    [0, 1, 0.95],
    [1, 10, 0.394163], // the published Clopper–Pearson table
    [5, 100, 0.102253],
    [10, 10, 1],
    [11, 10, 1],
    [0, 0, 1],
  ])('%d of %d', (seen, trials, expected) => expect(upperBound95(seen, trials)).toBeCloseTo(expected, 5));

  test('above the rate, below 1, tighter with more trials', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 51, max: 2000 }), (seen, trials) => {
        const bound = upperBound95(seen, trials);
        expect(bound).toBeGreaterThan(seen / trials);
        expect(bound).toBeLessThan(1);
        expect(upperBound95(seen, 2 * trials)).toBeLessThan(bound);
      }),
    );
  });
});
