import { expect, test } from 'vitest';
import type { JournalLine } from '../../loadtests/lib/journal.ts';
import { emptyTally, tallyUp, told } from './tally.ts';

const lines = [
  { event: 'planned', offered: 50, durationMs: 10_000, clients: 20 },
  ...Array.from({ length: 30 }, () => ({ event: 'accepted' })),
  ...Array.from({ length: 28 }, () => ({ event: 'verdict' })),
  { event: 'refused' },
] as JournalLine[];

test('how far it is, from the journal', () => {
  const tally = emptyTally();
  expect(told(tally, 700)).toBe('k6 gets ready …');
  for (const line of lines) tallyUp(tally, line);
  expect(told(tally, 6000)).toBe('0:06 of 0:10 · 30 accepted, 5.0/s · 28 verdicts · 1 error');
  // After its end the rate is that of the whole, not one that falls while it waits.
  expect(told(tally, 20_000)).toBe(
    'waiting for the last verdicts · 30 accepted, 3.0/s · 28 verdicts · 1 error',
  );
});
