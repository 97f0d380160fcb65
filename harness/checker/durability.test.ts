// The books of every write, on hand-written histories: what is lost, a hole, a phantom, a stranger, indeterminate; how wide
// the loss window is. And drawn histories, in which each mutation moves exactly one write from one category to another.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durabilityOf } from './durability.ts';
import { toRanges } from './ranges.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

/** Numbers 0 to 9 of writer 0, sent 10 ms apart from 10 on, each answered 2 ms later. */
function tenWrites(h: WrittenHistory = written()): WrittenHistory {
  for (let n = 0; n < 10; n++) write(h, 0, n, 10 + n * 10);
  return h;
}

function write(h: WrittenHistory, writer: number, n: number, atMs: number, outcome?: 'ok' | 'fail' | 'info') {
  h.op('write', atMs, { writer, n }, outcome ?? 'ok', atMs + 2);
}

function fault(h: WrittenHistory, atMs: number, options: { landed?: boolean } = {}) {
  h.fault('power-cut', 'redis', atMs, {}, { healedAtMs: atMs + 50, ...options });
}

function survey(h: WrittenHistory, round: number, atMs: number, numbers: number[], strangers: string[] = []) {
  const value = { round, present: { 0: toRanges(numbers) }, strangers, strangersCount: strangers.length };
  h.op('survey', atMs, { round }, 'ok', atMs + 1, value);
}

const upTo = (last: number) => Array.from({ length: last + 1 }, (_, n) => n);
const numbers = (writes: readonly { n: number }[]) => writes.map(({ n }) => n);

function roundAfter(present: number[], change: (h: WrittenHistory) => void = () => {}) {
  const h = tenWrites();
  change(h);
  fault(h, 150);
  survey(h, 0, 300, present);
  return durabilityOf(h.history()).rounds[0]!;
}

test('nothing happened: no writes, no rounds', () => {
  expect(durabilityOf(empty)).toEqual({ writes: [], rounds: [], snapshots: [] });
});

describe('one fault', () => {
  test('all there', () => {
    const round = roundAfter(upTo(9));
    expect(numbers(round.acknowledged)).toEqual(upTo(9));
    expect(round).toMatchObject({ lost: [], holes: [], phantoms: [], lossWindowMs: 0, inLastSecond: 10 });
  });

  test('a suffix is lost: the window goes from the last that survived to the fault', () => {
    const round = roundAfter(upTo(6));
    expect(numbers(round.lost)).toEqual([7, 8, 9]);
    expect(round.holes).toEqual([]);
    // Number 6 was acknowledged at 72, number 7 at 82: what lies between was not lost by anybody.
    expect(round.lossWindowMs).toBe(150 - 82);
  });

  test('all is lost: the window goes from the first', () => {
    const round = roundAfter([]);
    expect(numbers(round.lost)).toEqual(upTo(9));
    expect(round.lossWindowMs).toBe(150 - 12);
  });

  test('a hole: lost although a later one survived', () => {
    expect(numbers(roundAfter([0, 1, 2, 4, 5, 6]).holes)).toEqual([3]);
  });

  test('a hole across writers: acknowledged before another that survived was sent', () => {
    const other = (atMs: number) => {
      const h = tenWrites();
      write(h, 1, 0, atMs);
      fault(h, 150);
      const present = { 0: [[0, 6]], 1: [[0, 0]] };
      h.op('survey', 300, { round: 0 }, 'ok', 301, { round: 0, present, strangers: [], strangersCount: 0 });
      return numbers(durabilityOf(h.history()).rounds[0]!.holes);
    };
    expect(other(93)).toEqual([7, 8]); // they were acknowledged at 82 and 92
    expect(other(81)).toEqual([]); // under way at the same time: either order is right
  });

  test.each(['info', 'fail'] as const)('one that ended in %s is never lost', (outcome) => {
    const round = roundAfter(upTo(9), (h) => write(h, 0, 10, 120, outcome));
    expect(round.lost).toEqual([]);
    expect(round.unacknowledged).toEqual({ present: 0, absent: outcome === 'info' ? 1 : 0 });
  });

  test('one that was never answered may be there or not', () => {
    const h = tenWrites();
    h.op('write', 120, { writer: 0, n: 10 });
    fault(h, 150);
    survey(h, 0, 300, upTo(10));
    expect(durabilityOf(h.history()).rounds[0]).toMatchObject({ unacknowledged: { present: 1, absent: 0 } });
  });

  test('one that was refused and is there is a phantom', () => {
    const round = roundAfter([...upTo(9), 10], (h) => write(h, 0, 10, 120, 'fail'));
    expect(numbers(round.phantoms)).toEqual([10]);
  });

  test('a fault that did not land ends nothing, so there is nothing to say', () => {
    const h = tenWrites();
    fault(h, 150, { landed: false });
    survey(h, 0, 300, []);
    expect(durabilityOf(h.history()).rounds).toEqual([]);
  });

  test('writes of the last second are counted by their acknowledgement', () => {
    const h = tenWrites();
    fault(h, 1055);
    survey(h, 0, 1200, upTo(9));
    expect(durabilityOf(h.history()).rounds[0]!.inLastSecond).toBe(5); // of 12, 22, … 102 those from 55 on
  });
});

describe('two faults', () => {
  test('what the first one lost is not lost again, and what it kept must stay', () => {
    const h = tenWrites();
    fault(h, 150);
    survey(h, 0, 250, upTo(6));
    for (let n = 10; n < 15; n++) write(h, 0, n, 260 + n);
    fault(h, 400);
    survey(h, 1, 500, [0, 1, 2, 3, 10, 11, 12, 13, 14]);
    const [, second] = durabilityOf(h.history()).rounds;
    expect(numbers(second!.acknowledged)).toEqual([...upTo(6), 10, 11, 12, 13, 14]);
    expect(numbers(second!.lost)).toEqual([4, 5, 6]);
    expect(numbers(second!.holes)).toEqual([4, 5, 6]);
  });

  test('an unanswered write that was read back once must be there from then on', () => {
    const h = tenWrites();
    write(h, 0, 10, 120, 'info');
    fault(h, 150);
    survey(h, 0, 250, upTo(10));
    fault(h, 400);
    survey(h, 1, 500, upTo(9));
    expect(numbers(durabilityOf(h.history()).rounds[1]!.lost)).toEqual([10]);
  });
});

test('snapshots: only those that were finished well', () => {
  const h = written();
  h.op('snapshot', 10, {}, 'ok', 12);
  h.observe(-1, 'snapshot-finished', 20, { status: 'ok' });
  h.op('snapshot', 30, {}, 'ok', 32);
  h.observe(-1, 'snapshot-finished', 40, { status: 'err' });
  h.op('snapshot', 50, {}, 'ok', 52);
  expect(durabilityOf(h.history()).snapshots).toEqual([
    { invokedAtMs: 10, startedAtMs: 12, finishedAtMs: 20 },
  ]);
});

const fates = ['kept', 'unclearThere', 'unclearGone', 'refused'] as const;
type Fate = (typeof fates)[number];

const drawn = fc.array(fc.constantFrom<Fate>(...fates), { minLength: 1, maxLength: 30 });

/** A history in which nothing is wrong, but for the number whose presence is turned round. */
function tally(all: readonly Fate[], turned?: number) {
  const h = written();
  const present: number[] = [];
  for (const [n, fate] of all.entries()) {
    const outcome = { kept: 'ok', unclearThere: 'info', unclearGone: 'info', refused: 'fail' } as const;
    write(h, 0, n, n * 10, outcome[fate]);
    const there = fate === 'kept' || fate === 'unclearThere';
    if (there !== (n === turned)) present.push(n);
  }
  fault(h, all.length * 10 + 5);
  survey(h, 0, all.length * 10 + 100, present);
  const { acknowledged, lost, phantoms, unacknowledged } = durabilityOf(h.history()).rounds[0]!;
  const { present: unclearThere, absent: unclearGone } = unacknowledged;
  return {
    kept: acknowledged.length - lost.length,
    lost: lost.length,
    phantoms: phantoms.length,
    unclearThere,
    unclearGone,
  };
}

test('a valid history has each write in its category, and nothing lost', () => {
  fc.assert(
    fc.property(drawn, (all) => {
      const of = (fate: Fate) => all.filter((one) => one === fate).length;
      expect(tally(all)).toEqual({
        kept: of('kept'),
        lost: 0,
        phantoms: 0,
        unclearThere: of('unclearThere'),
        unclearGone: of('unclearGone'),
      });
    }),
  );
});

test('turning one write round moves that one, and no other', () => {
  const moves = {
    kept: { kept: -1, lost: 1 },
    unclearThere: { unclearThere: -1, unclearGone: 1 },
    unclearGone: { unclearThere: 1, unclearGone: -1 },
    refused: { phantoms: 1 },
  } as const;
  fc.assert(
    fc.property(drawn, fc.nat(), (all, pick) => {
      const turned = pick % all.length;
      const expected: Record<string, number> = tally(all);
      for (const [category, change] of Object.entries(moves[all[turned]!])) expected[category]! += change;
      expect(tally(all, turned)).toEqual(expected);
    }),
  );
});
