import { describe, expect, test } from 'vitest';
import { pricesShow } from './cost-rules.ts';
import { empty, written } from './testing/history.ts';

const rule = pricesShow('always', { ratioAtMost: 0.8 });

/** A round for each pair of durations in ms: `off` and `always`, for 1,000 writes. */
function rounds(...pairs: [offMs: number, alwaysMs: number][]) {
  const h = written();
  let atMs = 0;
  for (const [round, [offMs, alwaysMs]] of pairs.entries()) {
    for (const [setting, durationMs] of [
      ['off', offMs],
      ['always', alwaysMs],
    ] as const) {
      atMs += 1000;
      const reference = 1e6 / durationMs;
      h.fault(
        'change-setting',
        setting,
        atMs,
        { round },
        {
          healedAtMs: atMs + 900,
          healProof: {
            diskBytes: setting === 'off' ? 0 : 5000,
            restartMs: durationMs,
            referencePerSecond: reference,
          },
        },
      );
      h.observe(-1, 'measured', atMs + 500, {
        setting,
        writes: 1000,
        durationMs,
        latencyMsP99: durationMs / 100,
      });
    }
  }
  return h.history();
}

describe('price-shows', () => {
  test('valid: each is compared with off of its own round, and the median counts', () => {
    // The second round met something that slowed both down.
    const { violations, evidence } = rule(rounds([100, 400], [1000, 4000], [100, 200]));
    expect(violations).toEqual([]);
    expect(evidence).toMatchObject({ rounds: 3, dearestThroughputRatio: 0.25 });
    expect((evidence.prices as unknown[])[1]).toEqual({
      setting: 'always',
      rounds: 3,
      throughputRatio: 0.25,
      throughputRatioMin: 0.25,
      throughputRatioMax: 0.5,
      latencyP99Ratio: 4,
      referenceRatio: 0.25,
      diskBytes: 5000,
      restartMs: 400,
    });
  });

  test('violated', () => {
    const { violations } = rule(rounds([100, 101], [100, 500], [100, 102]));
    expect(violations).toEqual([
      { rule: 'price-shows', detail: 'always has 0.98 × the throughput of off, at most 0.8' },
    ]);
  });

  test.each([
    ['empty', empty],
    ['two rounds', rounds([100, 400], [100, 400])],
  ])('too little: %s', (_, history) => {
    expect(rule(history)).toMatchObject({ violations: [], insufficient: expect.stringContaining('rounds') });
  });
});
