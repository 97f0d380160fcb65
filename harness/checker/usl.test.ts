import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitUsl, type MeasuredThroughput, throughputAt } from './usl.ts';

const counts = [1, 2, 4, 8];
const measuredOf = (
  law: { lambda: number; sigma: number; kappa: number },
  of = counts,
): MeasuredThroughput[] => of.map((workers) => ({ workers, jobsPerSecond: throughputAt(law, workers) }));

describe('fitUsl', () => {
  test('the coefficients that the data was made of', () => {
    fc.assert(
      fc.property(
        fc.record({
          lambda: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
          sigma: fc.double({ min: 0, max: 0.9, noNaN: true }),
          kappa: fc.double({ min: 0, max: 0.1, noNaN: true }),
        }),
        (law) => {
          const fitted = fitUsl(measuredOf(law))!;
          expect(fitted.lambda / law.lambda).toBeCloseTo(1, 6);
          expect(fitted.sigma).toBeCloseTo(law.sigma, 6);
          expect(fitted.kappa).toBeCloseTo(law.kappa, 6);
          expect(fitted.fitErrorPercentMax).toBeLessThan(1e-4);
        },
      ),
    );
  });

  test('the peak: √((1 − σ) / κ), none without κ, one worker at least', () => {
    const peak = (sigma: number, kappa: number) =>
      fitUsl(measuredOf({ lambda: 20, sigma, kappa }))!.peakWorkers;
    expect(peak(0.1, 0.01)).toBeCloseTo(Math.sqrt(90), 4);
    expect(peak(0.5, 0.0005)).toBeCloseTo(Math.sqrt(1000), 2);
    expect(peak(1.2, 0.01)).toBe(1);
    expect(
      fitUsl(counts.map((workers) => ({ workers, jobsPerSecond: 20 * workers })))!.peakWorkers,
    ).toBeNull();
  });

  test('noise moves them a little', () => {
    const law = { lambda: 19, sigma: 0.05, kappa: 0.002 };
    const of = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
    const noisy = measuredOf(law, of).map(({ workers, jobsPerSecond }, index) => ({
      workers,
      jobsPerSecond: jobsPerSecond * (index % 2 === 0 ? 1.02 : 0.98),
    }));
    const fitted = fitUsl(noisy)!;
    expect(fitted.lambda).toBeCloseTo(19, 0);
    expect(fitted.sigma).toBeCloseTo(0.05, 1);
    expect(fitted.kappa).toBeCloseTo(0.002, 3);
    expect(fitted.fitErrorPercentMax).toBeGreaterThan(1);
    expect(fitted.fitErrorPercentMax).toBeLessThan(4);
  });

  test('linear data, and better than linear: no contention, no coherency, no peak', () => {
    const linear = counts.map((workers) => ({ workers, jobsPerSecond: 18.9 * workers }));
    expect(fitUsl(linear)).toMatchObject({ sigma: expect.closeTo(0, 9), kappa: expect.closeTo(0, 9) });
    const better = counts.map((workers) => ({ workers, jobsPerSecond: 18.9 * workers ** 1.05 }));
    expect(fitUsl(better)).toMatchObject({ sigma: 0, kappa: 0, peakWorkers: null });
  });

  test('cores that are used up: a sharp bend, which the law can only round off', () => {
    const jobsPerSecond = [19, 38, 38, 38];
    const bent = counts.map((workers, index) => ({ workers, jobsPerSecond: jobsPerSecond[index]! }));
    const { sigma, kappa, peakWorkers, fitErrorPercentMax } = fitUsl(bent)!;
    expect(sigma + kappa).toBeGreaterThan(0.1);
    expect(peakWorkers).toBeGreaterThan(2);
    expect(peakWorkers).toBeLessThan(8);
    expect(fitErrorPercentMax).toBeGreaterThan(5);
  });

  test('the ray tracer of Gunther’s book; the R package usl finds σ 0.0500 and κ 4.7e-6', () => {
    const processors = [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64];
    const throughput = [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310];
    const fitted = fitUsl(
      processors.map((workers, index) => ({ workers, jobsPerSecond: throughput[index]! })),
    )!;
    // R minimises absolute errors, this fit relative ones, so they are a little apart.
    expect(fitted.sigma).toBeGreaterThan(0.045);
    expect(fitted.sigma).toBeLessThan(0.06);
    expect(fitted.kappa).toBeGreaterThan(2e-6);
    expect(fitted.kappa).toBeLessThan(1e-5);
  });

  test.each([
    ['nothing', []],
    ['three points', measuredOf({ lambda: 1, sigma: 0, kappa: 0 }, [1, 2, 4])],
    ['three different points', measuredOf({ lambda: 1, sigma: 0, kappa: 0 }, [1, 2, 4, 4, 4])],
    [
      'a step in which nothing was done',
      [...measuredOf({ lambda: 1, sigma: 0, kappa: 0 }), { workers: 16, jobsPerSecond: 0 }],
    ],
    [
      'no number',
      [...measuredOf({ lambda: 1, sigma: 0, kappa: 0 }), { workers: 16, jobsPerSecond: Number.NaN }],
    ],
  ])('no fit: %s', (_, measured) => {
    expect(fitUsl(measured)).toBeUndefined();
  });
});
