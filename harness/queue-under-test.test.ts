import { describe, expect, test } from 'vitest';
import type { Contract } from '../services/shared/queue/queue.ts';
import type { Claim } from './claim.ts';
import { asPromised, whyNotAbout } from './queue-under-test.ts';

const claim = (differs: Partial<Claim>) => differs as Claim;
const adapter = (contract: Contract, lacks = {}) => ({ name: 'mine', contract, lacks });

describe('a claim is put to a queue', () => {
  test.each<[string, Partial<Claim>, Contract]>([
    ['whatever it promises, if the claim is about no contract', {}, 'at-most-once'],
    ['that promises the same', { contract: 'effectively-once' }, 'effectively-once'],
    [
      'that promises at least once: nothing may be lost either',
      { contract: 'effectively-once' },
      'at-least-once',
    ],
    ['that may lose jobs, if that is what the claim is about', { contract: 'at-most-once' }, 'at-most-once'],
    ['of that name', { about: 'mine' }, 'effectively-once'],
    ['that lacks something else', { needs: ['dead-letters'] }, 'effectively-once'],
  ])('%s', (_, differs, contract) => {
    expect(whyNotAbout(claim(differs), adapter(contract, { cap: 'no cap' }))).toBeUndefined();
  });
});

describe('a claim is not put to a queue, and says why', () => {
  test.each<[Partial<Claim>, Contract, RegExp]>([
    [
      { contract: 'effectively-once' },
      'at-most-once',
      /promise effectively-once, and mine promises at-most-once/,
    ],
    [{ contract: 'at-most-once' }, 'at-least-once', /promise at-most-once, and mine promises at-least-once/],
    [{ about: 'bullmq' }, 'effectively-once', /about bullmq, not about mine/],
    [{ needs: ['dead-letters', 'cap'] }, 'effectively-once', /mine lacks it: no cap/],
  ])('%j, %s', (differs, contract, why) => {
    expect(whyNotAbout(claim(differs), adapter(contract, { cap: 'no cap' }))).toMatch(why);
  });
});

test('a second result is no violation of at-least-once, a lost job is, and nobody else is forgiven', () => {
  const violations = ['nothing-lost', 'one-result', 'zombie-refused'].map((rule) => ({ rule, detail: 'd' }));
  const finding = { violations, evidence: { lost: 1 } };
  expect(asPromised(finding, 'at-least-once')).toEqual({
    violations: [violations[0]],
    evidence: { lost: 1 },
  });
  expect(asPromised(finding, 'effectively-once')).toEqual(finding);
  expect(asPromised(finding, 'at-most-once')).toEqual(finding);
});
