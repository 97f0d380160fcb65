import { expect, test } from 'vitest';
import { finding, type Rule, rules, tooLittle } from './finding.ts';
import { empty } from './testing/history.ts';

const saying =
  (said: ReturnType<Rule>): Rule =>
  () =>
    said;

test('a rule is broken if there is a detail', () => {
  expect(finding('fifo', false, { jobs: 1 })).toEqual({ violations: [], evidence: { jobs: 1 } });
  expect(finding('fifo', 'a before b')).toEqual({
    violations: [{ rule: 'fifo', detail: 'a before b' }],
    evidence: {},
  });
});

test('merged: all violations, the later evidence, the first reason for doubt', () => {
  const merged = rules(
    saying(finding('a', 'x', { lost: 1, jobs: 2 })),
    saying(tooLittle('first', { lost: 3 })),
    saying(finding('a', 'y')),
    saying(tooLittle('second')),
  )(empty);
  expect(merged).toEqual({
    violations: [
      { rule: 'a', detail: 'x' },
      { rule: 'a', detail: 'y' },
    ],
    evidence: { lost: 3, jobs: 2 },
    insufficient: 'first',
  });
});

test('no rules and no doubt', () => expect(rules()(empty)).toEqual({ violations: [], evidence: {} }));

test('a rule that throws is not swallowed: the run says that the checker threw', () => {
  const broken: Rule = () => {
    throw new Error('no');
  };
  expect(() => rules(broken)(empty)).toThrow('no');
});
