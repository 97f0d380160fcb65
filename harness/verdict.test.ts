import { describe, expect, test } from 'vitest';
import type { Violation } from './checker/finding.ts';
import type { Fault } from './op.ts';
import { type Arm, judgeClaim } from './verdict.ts';

const fault = (landed = true): Fault => ({
  kind: 'worker-kill',
  target: 'worker-1',
  atMs: 1,
  healedAtMs: 2,
  landed,
  proof: {},
});
const lost: Violation = { rule: 'nothing-lost', detail: '1 of 2 jobs were lost' };
const other: Violation = { rule: 'fifo', detail: 'a before b' };

/** An arm that went well, with what is different. */
const arm = (differs: Partial<Arm> = {}): Arm => ({
  steady: { passed: true },
  faults: [fault()],
  landedAtLeast: 1,
  finding: { violations: [], evidence: {} },
  durationMs: 1,
  ...differs,
});
const found = (violations: Violation[], insufficient?: string): Partial<Arm> => ({
  finding: { violations, evidence: {}, ...(insufficient === undefined ? {} : { insufficient }) },
});
const failing = arm(found([lost]));
const judge = (claim: Arm, control: Arm = failing) =>
  judgeClaim(claim, control, { mustBreak: ['nothing-lost'] });

test('held: no rule was broken, and the control broke one that it must break', () => {
  expect(judge(arm())).toEqual({
    verdict: 'held',
    why: 'no rule was broken, and the control broke as it must',
    controlFailedAsExpected: true,
  });
  expect(judgeClaim(arm(), arm(found([other, lost])), { mustBreak: ['x', 'nothing-lost'] }).verdict).toBe(
    'held',
  );
});

describe('refuted', () => {
  const refuted = (why: string, controlFailedAsExpected = true) => ({
    verdict: 'refuted',
    why,
    controlFailedAsExpected,
  });

  test('names the first rule and counts the others', () => {
    expect(judge(arm(found([other])))).toEqual(refuted('fifo: a before b'));
    expect(judge(arm(found([other, lost, lost])))).toEqual(refuted('fifo: a before b (and 2 more)'));
  });

  test.each<[string, Arm]>([
    ['did not fail', arm()],
    ['did not run', arm({ error: 'set up: no' })],
    ['was skipped', arm({ skipped: 'no strace' })],
    ['threw', arm({ checkerError: 'no' })],
  ])('a violation beats a control that %s', (_, control) => {
    expect(judge(arm(found([other])), control)).toEqual(refuted('fifo: a before b', false));
  });

  test('a violation beats too little data, and a steady state that did not pass', () => {
    expect(judge(arm(found([other], 'only 3 jobs'))).verdict).toBe('refuted');
    const steady = { passed: false, why: 'refused' } as const;
    expect(judge(arm({ ...found([other]), steady, faults: [], landedAtLeast: 0 })).verdict).toBe('refuted');
  });
});

describe('unknown', () => {
  const unknown = (why: string, controlFailedAsExpected = true) => ({
    verdict: 'unknown',
    why,
    controlFailedAsExpected,
  });

  test('the arm did not come to its end', () => {
    expect(judge(arm({ error: 'load: ECONNREFUSED' }))).toEqual(unknown('load: ECONNREFUSED'));
  });

  test('the checker threw', () => {
    expect(judge(arm({ checkerError: 'x is undefined' }))).toEqual(
      unknown('the checker threw: x is undefined'),
    );
  });

  test('nothing was checked', () => {
    const { finding: _, ...unchecked } = arm();
    expect(judge(unchecked)).toEqual(unknown('nothing was checked'));
  });

  test('a fault without effect, or too few with one', () => {
    expect(judge(arm({ faults: [fault(false)] }))).toEqual(
      unknown('0 of the 1 faults that are needed had an effect'),
    );
    expect(judge(arm({ faults: [fault(), fault(false)], landedAtLeast: 2 }))).toEqual(
      unknown('1 of the 2 faults that are needed had an effect'),
    );
    expect(judge(arm({ faults: [] })).verdict).toBe('unknown');
  });

  test('a fault without effect does not refute, but what was broken is said', () => {
    expect(judge(arm({ ...found([lost]), faults: [] }))).toEqual(
      unknown(
        '0 of the 1 faults that are needed had an effect; broken all the same: nothing-lost: 1 of 2 jobs were lost',
      ),
    );
  });

  test('the steady state did not pass', () => {
    const steady = { passed: false, why: '2 of 8 submissions were not accepted' } as const;
    expect(judge(arm({ steady, ...found([], 'only 3 jobs') }))).toEqual(
      unknown('the fault-free steady state did not pass: 2 of 8 submissions were not accepted'),
    );
  });

  test('too little data', () => {
    expect(judge(arm(found([], 'only 3 jobs')))).toEqual(unknown('only 3 jobs'));
  });

  test.each<[string, Arm, string]>([
    ['broke no rule', arm(), 'it broke no rule instead of nothing-lost'],
    [
      'broke another',
      arm(found([other, other, { rule: 'x', detail: '' }])),
      'it broke fifo, x instead of nothing-lost',
    ],
    ['did not come to its end', arm({ ...found([lost]), error: 'load: no' }), 'load: no'],
    ['threw', arm({ checkerError: 'no' }), 'the checker threw: no'],
    [
      'was not hit',
      arm({ ...found([lost]), faults: [] }),
      '0 of the 1 faults that are needed had an effect; broken all the same: nothing-lost: 1 of 2 jobs were lost',
    ],
    [
      'failed before any fault',
      arm({ ...found([lost]), steady: { passed: false, why: 'refused' } }),
      'the fault-free steady state did not pass: refused',
    ],
  ])('the control %s', (_, control, why) => {
    expect(judge(arm(), control)).toEqual(unknown(`the control did not fail: ${why}`, false));
  });

  test('a control that must break nothing proves nothing', () => {
    expect(judgeClaim(arm(), failing, { mustBreak: [] }).verdict).toBe('unknown');
  });

  test('the arm is to blame before its control', () => {
    expect(judge(arm(found([], 'only 3 jobs')), arm())).toEqual(unknown('only 3 jobs', false));
  });
});

test('a control without faults need not land any', () => {
  expect(judge(arm(), arm({ ...found([lost]), faults: [], landedAtLeast: 0 })).verdict).toBe('held');
});

test('a control that breaks the right rule has failed, whatever else it lacks', () => {
  expect(judge(arm(), arm(found([lost], 'only 3 jobs'))).controlFailedAsExpected).toBe(true);
});

test('skipped, with the reason of the claim or of its control', () => {
  const skipped = (why: string) => ({ verdict: 'skipped', why, controlFailedAsExpected: false });
  expect(judge(arm({ skipped: 'no Redis' }))).toEqual(skipped('no Redis'));
  expect(judge(arm({ skipped: 'no Redis' }), arm({ skipped: 'no strace' }))).toEqual(skipped('no Redis'));
  expect(judge(arm(), arm({ skipped: 'no strace' }))).toEqual(skipped('no strace'));
});
