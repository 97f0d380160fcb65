import { describe, expect, test } from 'vitest';
import { everyoneGetsAllInOrder, missedExactlyWhileAway } from './broadcast-rules.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

function published(...outcomes: ('ok' | 'info' | 'fail' | undefined)[]): WrittenHistory {
  const h = written();
  for (const process of [0, 1]) h.observe(process, 'listens', 1);
  for (const [n, outcome] of outcomes.entries()) h.op('publish', 10 * n + 10, { n }, outcome, 10 * n + 12);
  return h;
}

function got(h: WrittenHistory, process: number, ...numbers: number[]): void {
  for (const [index, n] of numbers.entries()) h.observe(process, 'receive', 500 + index, { n });
}

describe('everyone-gets-all and in-order', () => {
  const check = (first: number[], second: number[], h = published('ok', 'ok', 'ok')) => {
    got(h, 0, ...first);
    got(h, 1, ...second);
    return everyoneGetsAllInOrder(h.history());
  };
  const evidence = (deliveries: number) => ({ messages: 3, receivers: 2, deliveries });
  const lacking = (average: string) => ({
    rule: 'everyone-gets-all',
    detail: `1 of 2 receivers did not get each of the 3 messages once; each message reached ${average} on average`,
  });
  const disorder = { rule: 'in-order', detail: '1 receivers got messages out of order' };

  test('valid', () => {
    expect(check([0, 1, 2], [0, 1, 2])).toEqual({ violations: [], evidence: evidence(6) });
  });

  test('violated: missed, twice, never sent, all missed', () => {
    expect(check([0, 1, 2], [0, 2])).toEqual({ violations: [lacking('1.7')], evidence: evidence(5) });
    expect(check([0, 1, 2], [0, 1, 1, 2])).toEqual({ violations: [lacking('2.3')], evidence: evidence(7) });
    expect(check([0, 1, 2], [0, 1, 2, 3])).toEqual({ violations: [lacking('2.3')], evidence: evidence(7) });
    expect(check([0, 1, 2], [])).toEqual({ violations: [lacking('1.0')], evidence: evidence(3) });
  });

  test('violated: out of order', () => {
    expect(check([0, 1, 2], [1, 0, 2])).toEqual({ violations: [disorder], evidence: evidence(6) });
  });

  test('indeterminate: an unclear publication may arrive or not, a refused one must not', () => {
    const unclear = () => published('ok', 'info', 'ok', undefined);
    expect(check([0, 1, 2], [0, 2, 3], unclear()).violations).toEqual([]);
    expect(check([0, 1, 2], [0, 1, 2], published('ok', 'fail', 'ok')).violations).toHaveLength(1);
  });

  test('empty, or nobody listened', () => {
    const insufficient = 'nothing was published or nobody listened';
    const nothing = { messages: 0, receivers: 0, deliveries: 0 };
    expect(everyoneGetsAllInOrder(empty)).toEqual({ violations: [], evidence: nothing, insufficient });
    const h = written();
    h.op('publish', 1, { n: 0 }, 'ok');
    expect(everyoneGetsAllInOrder(h.history())).toMatchObject({ violations: [], insufficient });
  });
});

describe('missed-exactly and its companions', () => {
  const rule = missedExactlyWhileAway((receiver) => `receiver-${receiver}`);

  /** Message n is published at 10 n + 10; receiver 0 is cut at 25, asks again at 55, and listens at 57. */
  function cut(keys: number | undefined = 0): WrittenHistory {
    const h = published('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok');
    h.fault('client-kill', 'receiver-0', 25, { doneAtMs: 26 });
    h.observe(0, 'listening', 55);
    h.observe(0, 'listens', 57);
    got(h, 1, 0, 1, 2, 3, 4, 5, 6);
    if (keys !== undefined) h.op('kept', 900, {}, 'ok', 901, { keys });
    return h;
  }

  test('valid: 2 and 3 fell into the absence, 4 is answered at 52, before it asked; 1 was before the cut', () => {
    const h = cut();
    got(h, 0, 0, 1, 5, 6);
    expect(rule(h.history())).toEqual({
      violations: [],
      evidence: { messages: 7, cuts: 1, missed: 3, gotWhileAway: 0, lostWhileThere: 0, indeterminate: 0 },
    });
  });

  test.each([[[0, 3]], [[0, 2, 3]]])('what overlaps an edge may be missed or not: got %j', (received) => {
    const h = written();
    h.observe(0, 'listens', 1);
    for (const [n, atMs] of [10, 30, 54, 80].entries()) h.op('publish', atMs, { n }, 'ok', atMs + 2);
    h.fault('client-kill', 'receiver-0', 25, { doneAtMs: 26 });
    h.observe(0, 'listening', 55);
    h.observe(0, 'listens', 57);
    h.op('kept', 900, {}, 'ok', 901, { keys: 0 });
    got(h, 0, ...received);
    expect(rule(h.history())).toEqual({
      violations: [],
      evidence: { messages: 4, cuts: 1, missed: 1, gotWhileAway: 0, lostWhileThere: 0, indeterminate: 1 },
    });
  });

  test.each<[string, number[], number, string, string]>([
    [
      'got what was sent while away',
      [0, 1, 2, 5, 6],
      0,
      'missed-exactly',
      '1 messages arrived that were published while their receiver was away',
    ],
    [
      'missed what was sent while there',
      [0, 5, 6],
      0,
      'got-while-there',
      '1 messages did not arrive although their receiver listened',
    ],
    ['got one twice', [0, 1, 5, 5, 6], 0, 'at-most-once', '1 messages arrived a second time'],
    ['Redis keeps a key', [0, 1, 5, 6], 1, 'nothing-kept', 'Redis keeps 1 keys'],
  ])('violated: %s', (_, received, keys, broken, detail) => {
    const h = cut(keys);
    got(h, 0, ...received);
    expect(rule(h.history()).violations).toEqual([{ rule: broken, detail }]);
  });

  test('a receiver that never came back misses the rest', () => {
    const h = published('ok', 'ok', 'ok');
    h.fault('client-kill', 'receiver-0', 15, { doneAtMs: 16 });
    h.op('kept', 900, {}, 'ok', 901, { keys: 0 });
    got(h, 0, 0);
    got(h, 1, 0, 1, 2);
    expect(rule(h.history())).toMatchObject({ violations: [], evidence: { missed: 2 } });
  });

  test('too little: empty, nobody away, or what Redis keeps is not known', () => {
    const nothing = { messages: 0, cuts: 0, missed: 0, gotWhileAway: 0, lostWhileThere: 0, indeterminate: 0 };
    const insufficient = 'nothing was published while a receiver was away';
    expect(rule(empty)).toEqual({ violations: [], evidence: nothing, insufficient });
    const there = published('ok');
    got(there, 0, 0);
    got(there, 1, 0);
    expect(rule(there.history())).toMatchObject({ violations: [], insufficient });
    const unread = written();
    unread.observe(0, 'listens', 1);
    unread.op('publish', 10, { n: 0 }, 'ok', 12);
    unread.fault('client-kill', 'receiver-0', 5, { doneAtMs: 6 });
    expect(rule(unread.history())).toMatchObject({
      violations: [],
      insufficient: 'what Redis keeps was not read',
    });
  });
});
