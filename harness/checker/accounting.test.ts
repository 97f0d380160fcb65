import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { account, type Category, summarize } from './accounting.ts';
import { empty, written } from './testing/history.ts';
import { categoryOfFate, mutations, validHistory } from './testing/mutation.ts';

const nothing = {
  acknowledged: 0,
  doneOnce: 0,
  doneManyTimes: 0,
  pending: 0,
  inFlight: 0,
  deadLettered: 0,
  lost: 0,
  phantom: 0,
  unexpected: 0,
  indeterminate: 0,
  refused: 0,
  redeliveries: 0,
  staleAcks: 0,
};
const sums = (history: Parameters<typeof account>[0]) => summarize(account(history));

describe('by hand', () => {
  test('an empty history has nothing', () => {
    expect(account(empty).jobs.size).toBe(0);
    expect(account(empty).settled).toBe(true);
    expect(sums(empty)).toEqual(nothing);
  });

  test('all that is told of one job', () => {
    const h = written();
    h.job('a', 10);
    expect(account(h.history()).jobs.get('a')).toEqual({
      id: 'a',
      submitted: 'ok',
      unanswered: 0,
      invokedAtMs: 10,
      acknowledgedAtMs: 12,
      finalState: 'done',
      verdict: 'AC',
      claims: [{ atMs: 13, source: 'worker-1', pid: 1, event: 'claimed', job: 'a', attempt: 1 }],
      starts: 1,
      finishes: 1,
      acceptedAcks: 1,
      staleAcks: 0,
      ackedAtMs: 20,
      lastLine: {
        atMs: 20,
        source: 'worker-1',
        pid: 1,
        event: 'acked',
        job: 'a',
        attempt: 1,
        outcome: 'acked',
      },
    });
  });

  test('a redelivery, a stale ack and a dead letter', () => {
    const h = written();
    h.ledger('a', 'claimed', 9, 'worker-0');
    h.job('a', 10);
    h.ledger('a', 'acked', 30, 'worker-0', { outcome: 'stale' });
    h.submit('b', 10, 'ok');
    h.read('b', { state: 'dead' });
    const expected = { acknowledged: 2, doneOnce: 1, deadLettered: 1, redeliveries: 1, staleAcks: 1 };
    expect(sums(h.history())).toEqual({ ...nothing, ...expected });
  });

  test('an acknowledged job that is done without having run is lost', () => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.read('a', { state: 'done', verdict: 'AC' });
    expect(sums(h.history())).toEqual({ ...nothing, acknowledged: 1, lost: 1 });
  });

  test('what could not be read is not lost, its end is not known', () => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.unread('a');
    expect(sums(h.history())).toEqual({ ...nothing, acknowledged: 1, pending: 1 });
  });

  test.each([
    ['final', { lost: 3 }],
    ['quiet', { lost: 3 }],
    ['busy', { lost: 1, pending: 1, inFlight: 1 }],
  ])('a run that ended %s', (settled, expected) => {
    const h = written();
    for (const [id, state] of [
      ['a', 'queued'],
      ['b', 'running'],
    ] as const) {
      h.submit(id, 10, 'ok');
      h.read(id, { state });
    }
    h.submit('gone', 10, 'ok');
    h.read('gone', null);
    h.phase('quiesce', 'end', 50, { settled });
    expect(account(h.history()).settled).toBe(settled !== 'busy');
    expect(sums(h.history())).toEqual({ ...nothing, acknowledged: 3, ...expected });
  });

  test('a job of the plan that was read but never sent does not count', () => {
    const h = written();
    h.read('a', null);
    h.ledger('b', 'enqueue', 5, 'api-1');
    expect(sums(h.history())).toEqual(nothing);
  });

  test('never sent, yet its record says done', () => {
    const h = written();
    h.read('a', { state: 'done', verdict: 'AC' });
    expect(sums(h.history())).toEqual({ ...nothing, unexpected: 1 });
  });
});

describe('several submissions of one job', () => {
  test.each([
    [['info', 'fail'], 'info'],
    [['fail', 'info'], 'info'],
    [['fail', 'fail'], 'fail'],
    [['ok', 'fail'], 'ok'],
    [['ok', 'info'], 'ok'],
    [['info', 'ok'], 'ok'],
    [['fail', 'ok'], 'ok'],
    [['fail', undefined], 'info'],
    [[undefined, 'fail'], 'info'],
  ] as const)('%j is %s', (outcomes, submitted) => {
    const h = written();
    for (const [index, outcome] of outcomes.entries()) h.submit('a', 10 * index, outcome);
    expect(account(h.history()).jobs.get('a')?.submitted).toBe(submitted);
  });

  test('two that overlap: the refused one does not hide that the other is not answered', () => {
    const h = written();
    h.submit('a', 10);
    h.submit('a', 11, 'fail');
    h.ledger('a', 'started', 20);
    expect(sums(h.history())).toEqual({ ...nothing, indeterminate: 1 });
  });
});

describe('by property', () => {
  const counts = (history: Parameters<typeof account>[0]): Record<Category, number> => {
    const { categories } = account(history);
    return Object.fromEntries(
      Object.entries(categories).map(([name, jobs]) => [name, jobs.length]),
    ) as Record<Category, number>;
  };

  test('each job is in the category of its fate, and in no other', () => {
    fc.assert(
      fc.property(validHistory, ({ fates, history }) => {
        const { categories, acknowledged } = account(history);
        for (const [index, fate] of fates.entries()) {
          const at = Object.entries(categories).filter(([, jobs]) =>
            jobs.some(({ id }) => id === `job-${index}`),
          );
          expect(at.map(([name]) => name)).toEqual([categoryOfFate[fate]]);
        }
        const { doneOnce, doneManyTimes, pending, inFlight, deadLettered, lost } = counts(history);
        expect(doneOnce + doneManyTimes + pending + inFlight + deadLettered + lost).toBe(acknowledged);
      }),
    );
  });

  test.each(mutations)('$name', ({ apply, from, to }) => {
    fc.assert(
      fc.property(validHistory, ({ history }) => {
        const expected = counts(history);
        if (from) expected[from]--;
        if (to) expected[to]++;
        expect(counts(apply(history))).toEqual(expected);
      }),
    );
  });
});
