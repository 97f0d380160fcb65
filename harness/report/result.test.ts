import { expect, test } from 'vitest';
import { type ClaimResult, summaryOf, verdictOrder } from './result.ts';

test('the summary counts every verdict, those of which there are none too', () => {
  const claims = ['held', 'refuted', 'held'].map((verdict) => ({ verdict }) as ClaimResult);
  expect(summaryOf(claims)).toEqual({ held: 2, refuted: 1, unknown: 0, skipped: 0 });
  expect(summaryOf([])).toEqual({ held: 0, refuted: 0, unknown: 0, skipped: 0 });
});

test('the worst verdict comes first', () => {
  expect(verdictOrder).toEqual(['refuted', 'unknown', 'skipped', 'held']);
});
