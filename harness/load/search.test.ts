// The search against models of a system: it ends, near the truth, in few steps.

import { describe, expect, test } from 'vitest';
import { searchRate } from './search.ts';

async function searched(meets: (rate: number) => boolean, options = {}) {
  const tried: number[] = [];
  const found = await searchRate(
    async (rate) => {
      tried.push(rate);
      return meets(rate);
    },
    { from: 20, most: 50_000, within: 1.1, ...options },
  );
  return { ...found, tried };
}

describe('a system that meets every rate up to a truth', () => {
  test.each([1, 2, 3, 7, 19, 20, 21, 137, 410, 999, 12_345, 49_999])('%i/s', async (truth) => {
    const { highestMet, lowestMissed, tried } = await searched((rate) => rate <= truth);
    expect(highestMet).not.toBeNull();
    expect(highestMet!).toBeLessThanOrEqual(truth);
    expect(lowestMissed!).toBeGreaterThan(truth);
    expect(lowestMissed! <= highestMet! * 1.1 || lowestMissed! - highestMet! <= 1).toBe(true);
    expect(tried.length).toBeLessThanOrEqual(18);
    expect(new Set(tried).size).toBe(tried.length);
  });

  test('the steps are doublings, then halves of the gap', async () => {
    expect((await searched((rate) => rate <= 100)).tried).toEqual([20, 40, 80, 160, 113, 95, 104]);
  });
});

test('a system that meets none', async () => {
  const { tried, ...found } = await searched(() => false);
  expect(found).toEqual({ highestMet: null, lowestMissed: 1 });
  expect(tried).toEqual([20, 10, 5, 2, 1]);
});

test('a system that meets all: the search ends at the most', async () => {
  const { tried, ...found } = await searched(() => true, { most: 100 });
  expect(found).toEqual({ highestMet: 100, lowestMissed: null });
  expect(tried).toEqual([20, 40, 80, 100]);
});

test('a first rate above the most is the most', async () => {
  expect((await searched(() => true, { from: 500, most: 100 })).tried).toEqual([100]);
});

test('what fails while trying fails the search', async () => {
  const broken = searchRate(() => Promise.reject(new Error('k6 ended')), { from: 1, most: 2, within: 1.1 });
  await expect(broken).rejects.toThrow('k6 ended');
});
