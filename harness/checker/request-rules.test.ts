import { describe, expect, test } from 'vitest';
import {
  acceptIndependentOfJobLength,
  exchangesOf,
  noFailedRequest,
  queueBounded,
  refusalsSayWhen,
  unansweredOf,
} from './request-rules.ts';
import { empty, written } from './testing/history.ts';

const refusal = (status: number, retryAfter?: string) => ({
  error: `http-${status}`,
  value: { status, retryAfter },
});

test('exchanges pair both ends of an op, in the order of completion; what was not answered is apart', () => {
  const h = written();
  h.op('probe', 1, 'x', 'ok', 9, 'y');
  h.op('other', 2, 'x', 'ok', 3);
  h.op('probe', 4, 'z', 'fail', 5, undefined, 'ECONNREFUSED');
  h.op('probe', 6, 'open');
  expect(exchangesOf(h.history(), 'probe')).toEqual([
    { f: 'probe', invokedAtMs: 1, durationMs: 8, kind: 'ok', sent: 'x', value: 'y' },
    { f: 'probe', invokedAtMs: 4, durationMs: 1, kind: 'fail', sent: 'z', value: 'z', error: 'ECONNREFUSED' },
  ]);
  expect(unansweredOf(h.history(), 'probe').map(({ value }) => value)).toEqual(['open']);
});

describe('no-failed-request', () => {
  test('valid', () => {
    const h = written();
    h.job('a', 1);
    expect(noFailedRequest(h.history())).toEqual({ violations: [], evidence: { requests: 1, failed: 0 } });
  });

  test('violated: refused, unclear, never answered', () => {
    const h = written();
    h.job('a', 1);
    h.submit('b', 2, 'fail', 3, refusal(429, '1'));
    h.submit('c', 2, 'info', 3, { error: 'ETIMEDOUT' });
    h.submit('d', 2, 'info', 3);
    h.submit('e', 4);
    const detail = '4 of 5 requests failed: 1 × http-429, 1 × ETIMEDOUT, 1 × ?, 1 × no answer';
    expect(noFailedRequest(h.history())).toEqual({
      violations: [{ rule: 'no-failed-request', detail }],
      evidence: { requests: 5, failed: 4 },
    });
  });

  test('empty', () => {
    const evidence = { requests: 0, failed: 0 };
    expect(noFailedRequest(empty)).toEqual({
      violations: [],
      evidence,
      insufficient: 'nothing was submitted',
    });
  });
});

describe('accept-independent and accept-blocks', () => {
  const rule = acceptIndependentOfJobLength({ most: 1.5, blocksFrom: 10 });
  const accepted = (shortMs: number, longMs: number, kind: 'ok' | 'fail' | 'info' = 'ok') => {
    const h = written();
    for (const pair of [0, 1, 2]) {
      h.submit(`s${pair}`, 0, 'ok', shortMs, { batch: `short-${pair}` });
      h.submit(`l${pair}`, 0, kind, longMs, { batch: `long-${pair}` });
    }
    return h.history();
  };
  const evidence = (acceptShortMsP99: number, acceptLongMsP99: number, ratio: number) => ({
    requests: 6,
    acceptShortMsP99,
    acceptLongMsP99,
    ratio,
  });

  test('valid at the bound', () => {
    expect(rule(accepted(4, 6))).toEqual({ violations: [], evidence: evidence(4, 6, 1.5) });
  });

  test('violated, and blocked', () => {
    const said = (longMs: number, times: string) =>
      `accepting takes p99 ${longMs} ms with long jobs, 4 ms with short ones: ${times} ×`;
    expect(rule(accepted(4, 7))).toEqual({
      violations: [{ rule: 'accept-independent', detail: `${said(7, '1.75')}, at most 1.5 ×` }],
      evidence: evidence(4, 7, 1.75),
    });
    expect(rule(accepted(4, 40))).toEqual({
      violations: [
        { rule: 'accept-independent', detail: `${said(40, '10.00')}, at most 1.5 ×` },
        { rule: 'accept-blocks', detail: said(40, '10.00') },
      ],
      evidence: evidence(4, 40, 10),
    });
  });

  test('one slow block is a hiccup; a submission without an answer counts with its wait', () => {
    const h = written();
    for (const pair of [0, 1, 2]) {
      h.submit(`s${pair}`, 0, 'ok', 4, { batch: `short-${pair}` });
      h.submit(`l${pair}`, 0, 'ok', pair === 0 ? 400 : 4, { batch: `long-${pair}` });
    }
    expect(rule(h.history()).violations).toEqual([]);
    expect(rule(accepted(4, 5000, 'info')).violations.map((broken) => broken.rule)).toEqual([
      'accept-independent',
      'accept-blocks',
    ]);
  });

  test('too little: nothing, no long block, no measurable time', () => {
    expect(rule(empty)).toEqual({ violations: [], evidence: {}, insufficient: '0 short and 0 long blocks' });
    expect(rule(accepted(4, 4, 'fail')).insufficient).toBe('3 short and 0 long blocks');
    expect(rule(accepted(0, 0)).insufficient).toContain('no time that can be measured');
  });
});

describe('refusal-says-when', () => {
  test('valid', () => {
    const h = written();
    h.job('a', 1);
    h.submit('b', 2, 'fail', 3, refusal(429, '1'));
    h.submit('c', 2, 'info', 3, refusal(503, '2'));
    expect(refusalsSayWhen(h.history())).toEqual({ violations: [], evidence: { refusals: 2 } });
  });

  test.each([
    ['no header', refusal(429)],
    ['zero', refusal(503, '0')],
    ['no number', refusal(429, 'soon')],
    ['another status', refusal(500, '1')],
    ['no reply', { error: 'ECONNRESET' }],
  ])('violated: %s', (_, options) => {
    const h = written();
    h.submit('b', 2, 'fail', 3, options);
    const detail = `1 of 1 refusals had no 429 or 503 with Retry-After, the first: ${options.error}; 0 submissions got no answer`;
    expect(refusalsSayWhen(h.history())).toEqual({
      violations: [{ rule: 'refusal-says-when', detail }],
      evidence: { refusals: 1 },
    });
  });

  test('never answered is violated too', () => {
    const h = written();
    h.submit('b', 2);
    expect(refusalsSayWhen(h.history()).violations).toHaveLength(1);
  });

  test('empty, or nothing refused', () => {
    const expected = { violations: [], evidence: { refusals: 0 }, insufficient: 'nothing was refused' };
    expect(refusalsSayWhen(empty)).toEqual(expected);
    const h = written();
    h.job('a', 1);
    expect(refusalsSayWhen(h.history())).toEqual(expected);
  });
});

describe('queue-bounded', () => {
  const sampled = (depths: unknown[]) => {
    const h = written();
    for (const [index, queued] of depths.entries()) h.observe(-1, 'counts', index, { queued });
    return h.history();
  };
  const twenty = (most: number) => [...Array.from({ length: 19 }, () => 1), most];

  test('valid, at the cap', () => {
    expect(queueBounded(40)(sampled(twenty(40)))).toEqual({
      violations: [],
      evidence: { samples: 20, deepest: 40, cap: 40 },
    });
  });

  test('violated, even by the only sample', () => {
    expect(queueBounded(40)(sampled([41]))).toEqual({
      violations: [{ rule: 'queue-bounded', detail: '41 jobs waited, the cap is 40' }],
      evidence: { samples: 1, deepest: 41, cap: 40 },
    });
  });

  test('too little: never filled, too few samples, no numbers', () => {
    const insufficient = 'the load never filled the queue';
    expect(queueBounded(40)(empty)).toEqual({
      violations: [],
      evidence: { samples: 0, deepest: 0, cap: 40 },
      insufficient,
    });
    expect(queueBounded(40)(sampled(twenty(35))).insufficient).toBe(insufficient);
    expect(queueBounded(40)(sampled(twenty(40).slice(1))).insufficient).toBe(insufficient);
    const notNumbers = Array.from({ length: 30 }, (_, index) => (index % 2 ? Number.NaN : undefined));
    expect(queueBounded(40)(sampled(notNumbers))).toMatchObject({ evidence: { samples: 0 }, insufficient });
  });

  test('a million samples do not overflow the stack', () => {
    const history = sampled(Array.from({ length: 1_000_000 }, () => 40));
    expect(queueBounded(40)(history).evidence).toEqual({ samples: 1_000_000, deepest: 40, cap: 40 });
  });
});
