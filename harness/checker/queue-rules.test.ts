import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { History } from '../history.ts';
import { summarize } from './accounting.ts';
import { type Rule, rules } from './finding.ts';
import {
  accountOf,
  allDone,
  lossShows,
  neverTwice,
  noRedelivery,
  nothingLost,
  oneResultEach,
  redeliveredWithin,
  rightVerdicts,
} from './queue-rules.ts';
import { empty, two, written } from './testing/history.ts';
import { mutations, validHistory } from './testing/mutation.ts';

const sums = (history: History) => summarize(accountOf(history));
const held = { violations: [], evidence: {} };

test('an empty history is too little for every rule', () => {
  const each: [Rule, string][] = [
    [nothingLost, 'no job was acknowledged'],
    [oneResultEach, 'no job was acknowledged'],
    [allDone, 'no job was acknowledged'],
    [lossShows(1), 'no job was acknowledged'],
    [rightVerdicts, 'no job is done'],
    [neverTwice, 'no job was started'],
    [noRedelivery, 'no job was claimed'],
    [redeliveredWithin(100), 'no job that a killed worker held was delivered again'],
  ];
  for (const [rule, insufficient] of each) {
    expect(rule(empty)).toMatchObject({ violations: [], insufficient });
  }
});

test('the accounting of a history is made once', () => {
  const history = two().history();
  expect(accountOf(history)).toBe(accountOf(history));
});

describe('nothing-lost', () => {
  test('valid', () => {
    const history = two().history();
    expect(nothingLost(history)).toEqual({ violations: [], evidence: sums(history) });
  });

  test('violated, with the cause', () => {
    const h = two();
    h.submit('c', 30, 'ok');
    h.ledger('c', 'claimed', 32, 'worker-3', { attempt: 1 });
    h.fault('worker-kill', 'worker-3', 40, {});
    h.read('c', { state: 'running' });
    const history = h.history();
    const cause =
      'claimed by worker-3 at 32 ms (attempt 1), then worker-3 met worker-kill at 40 ms; its record says "running"';
    expect(nothingLost(history)).toEqual({
      violations: [{ rule: 'nothing-lost', detail: `1 of 3 acknowledged jobs were lost; c: ${cause}` }],
      evidence: { ...sums(history), lostJobs: [{ id: 'c', cause }] },
    });
  });

  test('open at the deadline: insufficient, unless another one is lost', () => {
    const h = two();
    h.submit('c', 30, 'ok');
    h.unread('c');
    const open = h.history();
    expect(nothingLost(open)).toEqual({
      violations: [],
      evidence: sums(open),
      insufficient: '1 of 3 acknowledged jobs were still open at the deadline, of which 1 could not be read',
    });
    h.submit('d', 30, 'ok');
    h.read('d', null);
    const { violations, insufficient } = nothingLost(h.history());
    expect([violations.map(({ rule }) => rule), insufficient]).toEqual([['nothing-lost'], undefined]);
  });

  test('indeterminate is never lost', () => {
    const h = two();
    h.submit('c', 30, 'info');
    h.read('c', null);
    expect(nothingLost(h.history())).toEqual({ violations: [], evidence: sums(h.history()) });
  });

  test('it names every one of them', () => {
    const h = written();
    for (let index = 0; index < 9; index++) {
      h.submit(`job-${index}`, index, 'ok');
      h.read(`job-${index}`, null);
    }
    expect(nothingLost(h.history()).evidence.lostJobs).toHaveLength(9);
  });
});

describe('one-result', () => {
  test('valid', () => {
    const history = two().history();
    expect(oneResultEach(history)).toEqual({ violations: [], evidence: sums(history) });
  });

  test('violated in all three ways', () => {
    const h = two();
    h.ledger('a', 'acked', 50, 'worker-2', { outcome: 'acked' });
    h.submit('no', 30, 'fail');
    h.ledger('no', 'started', 31);
    h.ledger('nobody', 'claimed', 32);
    const history = h.history();
    const { violations, evidence } = oneResultEach(history);
    expect(violations).toEqual([
      {
        rule: 'one-result',
        detail:
          '1 jobs have more than one accepted result, 1 were refused yet executed, 1 were never sent yet executed',
      },
    ]);
    expect((evidence.extraJobs as { id: string }[]).map(({ id }) => id)).toEqual(['a', 'no', 'nobody']);
  });

  test('a phantom shows even when nothing was acknowledged', () => {
    const h = written();
    h.submit('no', 30, 'fail');
    h.ledger('no', 'started', 31);
    expect(oneResultEach(h.history())).toMatchObject({ violations: [{ rule: 'one-result' }] });
  });
});

describe('right-verdict', () => {
  test('valid, violated, indeterminate', () => {
    const h = two();
    expect(rightVerdicts(h.history())).toEqual(held);
    h.submit('c', 20, 'info');
    h.read('c', { state: 'done', verdict: 'WA' });
    expect(rightVerdicts(h.history())).toEqual({
      violations: [{ rule: 'right-verdict', detail: '1 jobs have another verdict than AC, the first c: WA' }],
      evidence: {},
    });
  });
});

describe('no-duplicate and no-redelivery', () => {
  test('valid', () => {
    expect(neverTwice(two().history())).toEqual({ violations: [], evidence: { startedTwice: 0 } });
    expect(noRedelivery(two().history())).toEqual({ violations: [], evidence: { redeliveries: 0 } });
  });

  test('violated', () => {
    const h = two();
    h.ledger('b', 'claimed', 60);
    h.ledger('b', 'started', 61);
    expect(neverTwice(h.history())).toEqual({
      violations: [{ rule: 'no-duplicate', detail: '1 jobs were started more than once, the first b' }],
      evidence: { startedTwice: 1 },
    });
    expect(noRedelivery(h.history())).toEqual({
      violations: [{ rule: 'no-redelivery', detail: '1 redeliveries' }],
      evidence: { redeliveries: 1 },
    });
  });
});

describe('loss-shows and loss-bounded', () => {
  const loss = (lost: number, kills: number, open = 0) => {
    const h = written();
    h.phase('load', 'begin', 0);
    h.job('a', 10);
    for (let index = 0; index < lost; index++) {
      h.submit(`lost-${index}`, 20, 'ok');
      h.read(`lost-${index}`, { state: 'running' });
    }
    for (let index = 0; index < open; index++) {
      h.submit(`open-${index}`, 20, 'ok');
      h.unread(`open-${index}`);
    }
    for (let index = 0; index < kills; index++) h.fault('worker-kill', `worker-${index}`, 30, {});
    return h.history();
  };
  const brokenBy = (history: History) => lossShows(2)(history).violations.map(({ rule }) => rule);

  test('some lost, within the bound', () => {
    const history = loss(2, 1);
    const cause = 'no worker ever claimed it; its record says "running"';
    const lostJobs = ['lost-0', 'lost-1'].map((id) => ({ id, cause }));
    expect(lossShows(2)(history)).toEqual({
      violations: [],
      evidence: { ...sums(history), kills: 1, lostAtMost: 2, lostJobs },
    });
  });

  test('more than the bound', () => {
    expect(brokenBy(loss(3, 1))).toEqual(['loss-bounded']);
    expect(brokenBy(loss(1, 0))).toEqual(['loss-bounded']);
  });

  test('none lost', () => {
    const history = loss(0, 1);
    expect(lossShows(2)(history)).toEqual({
      violations: [{ rule: 'loss-shows', detail: 'none of 1 jobs was lost over 1 kills' }],
      evidence: { ...sums(history), kills: 1, lostAtMost: 2, lostJobs: [] },
    });
  });

  test('that none was lost is not said of open jobs, nor without a load', () => {
    expect(lossShows(2)(loss(0, 1, 1))).toMatchObject({
      violations: [],
      insufficient: '1 of 2 acknowledged jobs were still open at the deadline, of which 1 could not be read',
    });
    expect(lossShows(2)(two().history())).toMatchObject({
      violations: [],
      insufficient: 'the load never ran',
    });
  });
});

describe('all-done', () => {
  test('valid', () => expect(allDone(two().history())).toEqual(held));

  test('violated by a dead letter and by a loss', () => {
    const h = two();
    h.submit('dead', 30, 'ok');
    h.read('dead', { state: 'dead' });
    h.submit('gone', 30, 'ok');
    h.read('gone', null);
    expect(allDone(h.history())).toEqual({
      violations: [{ rule: 'all-done', detail: '1 jobs became dead letters, 1 were lost, the first dead' }],
      evidence: {},
    });
  });

  test('an open job is insufficient', () => {
    const h = two();
    h.submit('c', 30, 'ok');
    expect(allDone(h.history())).toMatchObject({
      violations: [],
      insufficient: expect.stringContaining('1 of 3'),
    });
  });
});

describe('by property', () => {
  const all = rules(nothingLost, allDone, oneResultEach);
  const brokenBy = (history: History) => new Set(all(history).violations.map(({ rule }) => rule));

  test.each(mutations)('$name', ({ apply, breaks, to }) => {
    const withoutDeath = validHistory.filter(({ fates }) => !fates.includes('dead'));
    fc.assert(
      fc.property(withoutDeath, ({ history }) => {
        expect(brokenBy(history)).toEqual(new Set());
        const mutated = apply(history);
        expect(brokenBy(mutated)).toEqual(new Set(breaks));
        if (to === 'pending') expect(all(mutated).insufficient).toContain('still open');
      }),
      { numRuns: 50 },
    );
  });
});
