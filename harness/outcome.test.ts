import { expect, test } from 'vitest';
import { outcomeOf, outcomes } from './outcome.ts';

test('each code is listed once, with an outcome and a reason', () => {
  expect(new Set(outcomes.map(({ code }) => code)).size).toBe(outcomes.length);
  for (const { code, outcome, why } of outcomes) {
    expect(code).toMatch(/^(E[A-Z]+|http-\d{3}(\/[a-z]+)?|redis\/[A-Z]+)$/);
    expect(['fail', 'info']).toContain(outcome);
    expect(why).not.toBe('');
    expect(outcomeOf(code)).toBe(outcome);
  }
});

test.each([
  'http-500',
  'http-503',
  'http-503/other',
  'redis/ERR',
  'ENOTFOUND',
  'toString',
  '__proto__',
  '',
])('what is not listed is unknown: %j', (code) => expect(outcomeOf(code)).toBe('info'));

test('only what surely did not happen is a failure', () => {
  expect(outcomes.filter(({ outcome }) => outcome === 'fail').map(({ code }) => code)).toEqual([
    'ECONNREFUSED',
    'http-400',
    'http-404',
    'http-413',
    'http-415',
    'http-422',
    'http-429',
    'http-503/refused',
    'redis/MISCONF',
    'redis/OOM',
    'redis/LOADING',
    'redis/READONLY',
  ]);
});
