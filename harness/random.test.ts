import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom, type Random } from './random.ts';

const draw = (random: Random, count = 20) => Array.from({ length: count }, () => random.int(0, 2 ** 31 - 1));

describe('the same seed and name', () => {
  test('give the same numbers, today and tomorrow', () => {
    expect(draw(createRandom(1, 'claim'))).toEqual(draw(createRandom(1, 'claim')));
    expect(draw(createRandom(1, 'claim'), 3)).toEqual([866792589, 2055448, 33154360]);
  });

  test('another seed or another name give others', () => {
    const streams = [
      createRandom(1, 'a'),
      createRandom(2, 'a'),
      createRandom(1, 'b'),
      createRandom(1, 'a').fork('b'),
    ];
    expect(new Set(streams.map((random) => draw(random).join())).size).toBe(streams.length);
  });
});

describe('a fork', () => {
  test('is the same whatever its parent or its siblings drew', () => {
    const fresh = draw(createRandom(7, 'plan').fork('faults'));
    const used = createRandom(7, 'plan');
    draw(used);
    draw(used.fork('jobs'));
    expect(draw(used.fork('faults'))).toEqual(fresh);
  });

  test('does not move its parent', () => {
    const random = createRandom(7, 'plan');
    draw(random.fork('faults'));
    expect(draw(random)).toEqual(draw(createRandom(7, 'plan')));
  });
});

describe('ranges', () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  test('int: both ends included', () => {
    const random = createRandom(3, 'x');
    expect(new Set(Array.from({ length: 200 }, () => random.int(-1, 1)))).toEqual(new Set([-1, 0, 1]));
    expect(random.int(5, 5)).toBe(5);
  });

  test('float from 0, below 1; exponential from 0, finite', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = createRandom(seed, 'x');
        const value = random.float();
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        const gap = random.exponential(10);
        expect(gap).toBeGreaterThanOrEqual(0);
        expect(gap).toBeLessThan(Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('the means are right', () => {
    const random = createRandom(4, 'x');
    const mean = (next: () => number) =>
      Array.from({ length: 20_000 }, next).reduce((a, b) => a + b) / 20_000;
    expect(mean(random.float)).toBeCloseTo(0.5, 1);
    expect(mean(() => random.exponential(25)) / 25).toBeCloseTo(1, 1);
  });

  test('pick: each one sometimes, none of none', () => {
    const random = createRandom(5, 'x');
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set('abc'));
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
