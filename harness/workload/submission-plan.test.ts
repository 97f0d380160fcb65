import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { planJobs, submissionOf } from './submission-plan.ts';

const arrivals = { count: 120, ratePerSecond: 100, jobMs: [5, 10] } as const;
const long = { every: 4, jobMs: [90, 150], strays: 0.2 } as const;
const plan = (seed: number, more = {}) =>
  planJobs(createRandom(seed, 'test'), 'load', { ...arrivals, ...more });
const placesOf = (jobs: readonly { jobMs: number }[]) =>
  jobs.flatMap(({ jobMs }, place) => (jobMs >= 90 ? [place] : []));

describe('long jobs among short ones', () => {
  test('one in so many, most of them in step', () => {
    for (let seed = 0; seed < 50; seed++) {
      const places = placesOf(plan(seed, { long }));
      expect(places).toHaveLength(30);
      const inStep = Math.max(
        ...Map.groupBy(places, (place) => place % 4)
          .values()
          .map(({ length }) => length),
      );
      expect(inStep).toBeGreaterThanOrEqual(18);
    }
  });

  test('all in step without strays; another seed begins elsewhere', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      const places = placesOf(plan(seed, { long: { ...long, strays: 0 } }));
      expect(new Set(places.map((place) => place % 4)).size).toBe(1);
      firsts.add(places[0]!);
    }
    expect(firsts).toEqual(new Set([0, 1, 2, 3]));
  });

  test('they change neither when the jobs arrive nor which they are', () => {
    const bare = ({ id, atMs }: { id: string; atMs: number }) => ({ id, atMs });
    expect(plan(7, { long }).map(bare)).toEqual(plan(7).map(bare));
    expect(placesOf(plan(7))).toEqual([]);
  });
});

test('a job waits for its time, or burns it, in one of its two tests', () => {
  const [waits] = plan(1, { jobMs: [50, 50] });
  expect(submissionOf(waits!).code).toContain("if (typeof input === 'string') sleep(50);");
  const [burns] = plan(1, { jobMs: [50, 50], burns: true });
  expect(submissionOf(burns!).code).not.toContain('sleep');
  expect(submissionOf(burns!).code).toMatch(/\) for \(let round = 0; round < [1-9]\d*; round\+\+\);/);
});
