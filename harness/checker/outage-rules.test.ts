import { describe, expect, test } from 'vitest';
import { outageIsAnError } from './outage-rules.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

const rule = outageIsAnError(1000);
const refused = { error: 'http-503/refused', value: { status: 503, retryAfter: '1' } };

/** Redis is gone from 100 to 10,100; 20 submissions and two probes of each kind meet that, one of each comes after. */
function outage(submissions = 20, more: (h: WrittenHistory) => void = () => {}) {
  const h = written();
  h.op('healthz', 50, {}, 'ok', 51, { status: 200 });
  h.fault('redis-kill', 'redis', 100, {}, { healedAtMs: 10_300, healProof: { restartBeganAfterMs: 10_000 } });
  for (let index = 0; index < submissions; index++)
    h.submit(`job-${index}`, 200 + index, 'fail', 205 + index, refused);
  h.op('healthz', 5000, {}, 'ok', 5001, { status: 200 });
  h.op('readyz', 5000, {}, 'ok', 5001, { status: 503 });
  more(h);
  return h;
}
const recovered = (h: WrittenHistory) => h.op('readyz', 11_000, {}, 'ok', 11_001, { status: 200 });
const evidence = { answeredInOutage: 20, answerMsMax: 5, answerMsBound: 1000, healthProbes: 2 };

describe('outage-is-an-error', () => {
  test('valid', () => {
    expect(rule(outage(20, recovered).history())).toEqual({ violations: [], evidence });
  });

  test.each<[string, (h: WrittenHistory) => void, string]>([
    [
      'slow',
      (h) => h.submit('x', 3000, 'fail', 4001, refused),
      '1 of 21 submissions were not answered 503 with Retry-After within 1000 ms; the first: 503 after 1001 ms',
    ],
    [
      'another status',
      (h) => h.submit('x', 3000, 'fail', 3010, { error: 'http-500', value: { status: 500 } }),
      '1 of 21 submissions were not answered 503 with Retry-After within 1000 ms; the first: 500 after 10 ms',
    ],
    [
      'without Retry-After',
      (h) => h.submit('x', 3000, 'fail', 3010, { error: 'http-503', value: { status: 503 } }),
      '1 of 21 submissions were not answered 503 with Retry-After within 1000 ms; the first: 503 after 10 ms',
    ],
    [
      'a hang',
      (h) => h.submit('x', 3000, 'info', 8000, { error: 'ETIMEDOUT' }),
      '1 of 21 submissions were not answered 503 with Retry-After within 1000 ms; the first: ETIMEDOUT after 5000 ms',
    ],
    [
      'never answered',
      (h) => h.submit('x', 3000),
      '1 of 21 submissions were not answered 503 with Retry-After within 1000 ms; the first: no answer at all',
    ],
  ])('violated: %s', (_, write, detail) => {
    const { violations } = rule(
      outage(20, (h) => {
        write(h);
        recovered(h);
      }).history(),
    );
    expect(violations).toEqual([{ rule: 'outage-is-an-error', detail }]);
  });

  test('what overlaps the edges of the outage is not judged', () => {
    const h = outage(20, recovered);
    h.submit('before', 150, 'ok', 160);
    h.submit('at the end', 9500, 'ok', 11_000);
    expect(rule(h.history())).toEqual({ violations: [], evidence });
  });
});

describe('liveness-stays', () => {
  test.each<[string, (h: WrittenHistory) => void]>([
    ['another status', (h) => h.op('healthz', 6000, {}, 'ok', 6001, { status: 503 })],
    ['no reply', (h) => h.op('healthz', 6000, {}, 'fail', 6001, {}, 'ECONNREFUSED')],
    ['never answered', (h) => h.op('healthz', 6000, {})],
  ])('violated: %s', (_, write) => {
    const h = outage(20, write);
    recovered(h);
    expect(rule(h.history()).violations).toEqual([
      { rule: 'liveness-stays', detail: '/healthz failed 1 times' },
    ]);
  });
});

describe('readiness-follows', () => {
  test('violated: ready without Redis', () => {
    const h = outage(20, recovered);
    h.op('readyz', 6000, {}, 'ok', 6001, { status: 200 });
    expect(rule(h.history()).violations).toEqual([
      { rule: 'readiness-follows', detail: '/readyz said yes 1 times without Redis' },
    ]);
  });

  test('violated: never ready again', () => {
    const h = outage();
    h.op('readyz', 11_000, {}, 'ok', 11_001, { status: 503 });
    expect(rule(h.history()).violations).toEqual([
      { rule: 'readiness-follows', detail: '/readyz never said yes again' },
    ]);
  });
});

describe('too little', () => {
  test('empty', () => {
    expect(rule(empty)).toEqual({
      violations: [],
      evidence: { answeredInOutage: 0, answerMsMax: 0, answerMsBound: 1000, healthProbes: 0 },
      insufficient: 'only 0 submissions in the outage',
    });
  });

  test('19 submissions; but what is wrong is wrong', () => {
    expect(rule(outage(19, recovered).history())).toMatchObject({
      violations: [],
      insufficient: 'only 19 submissions in the outage',
    });
    const h = outage(0, recovered);
    h.submit('x', 3000, 'ok', 3010);
    expect(rule(h.history()).violations).toHaveLength(1);
  });

  test('not probed after the outage', () => {
    expect(rule(outage().history())).toMatchObject({
      violations: [],
      insufficient: 'liveness or readiness was not probed in the outage and after it',
    });
  });

  test('when the restart began is not known', () => {
    const h = written();
    h.fault('redis-kill', 'redis', 100, {}, { healedAtMs: 10_300 });
    h.submit('x', 3000, 'ok', 3010);
    expect(rule(h.history())).toMatchObject({
      violations: [],
      insufficient: expect.stringContaining('only 0'),
    });
  });
});
