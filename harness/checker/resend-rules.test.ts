import { describe, expect, test } from 'vitest';
import { oneJobEach } from './resend-rules.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

/** Sent, not told, sent again under the same key, told; executed once. */
function resent(h: WrittenHistory, id: string, atMs: number): void {
  h.submit(id, atMs, 'info', atMs + 5, { error: 'ECONNRESET' });
  h.job(id, atMs + 100);
}

/** The second try went out under another key. */
function resentAs(h: WrittenHistory, first: string, second: string, atMs: number): void {
  h.submit(first, atMs, 'info', atMs + 5, { error: 'ECONNRESET' });
  h.op('submit', atMs + 100, { id: second, resendOf: first }, 'ok', atMs + 105, { id: second });
  executed(h, second, atMs + 106);
}

function executed(h: WrittenHistory, id: string, atMs: number): void {
  h.ledger(id, 'claimed', atMs, 'worker-1', { attempt: 1 });
  h.ledger(id, 'started', atMs + 1);
  h.ledger(id, 'finished', atMs + 2);
  h.ledger(id, 'acked', atMs + 3, 'worker-1', { outcome: 'acked' });
  h.read(id, { state: 'done', verdict: 'AC' });
}

describe('one-job-each', () => {
  test('valid: sent twice under one key, executed once', () => {
    const h = written();
    h.job('a', 10);
    resent(h, 'b', 20);
    const evidence = { intended: 2, sentAgain: 1, duplicated: 0 };
    expect(oneJobEach(h.history())).toEqual({ violations: [], evidence });
  });

  test('valid: under two keys, of which the first never reached the queue', () => {
    const h = written();
    resentAs(h, 'a', 'a2', 10);
    h.read('a', null);
    const evidence = { intended: 1, sentAgain: 1, duplicated: 0 };
    expect(oneJobEach(h.history())).toEqual({ violations: [], evidence });
  });

  test('violated: under two keys, and both were executed', () => {
    const h = written();
    resent(h, 'b', 20);
    resentAs(h, 'a', 'a2', 10);
    executed(h, 'a', 17);
    const detail = '1 of 2 intended submissions were executed as more than one job, the first as a and a2';
    expect(oneJobEach(h.history())).toEqual({
      violations: [{ rule: 'one-job-each', detail }],
      evidence: { intended: 2, sentAgain: 2, duplicated: 1 },
    });
  });

  test.each([
    'claimed',
    'started',
    'acked',
  ] as const)('mutated: a first try that was %s is a second job', (event) => {
    const h = written();
    resentAs(h, 'a', 'a2', 10);
    h.read('a', { state: 'queued' });
    expect(oneJobEach(h.history()).violations).toEqual([]);
    h.ledger('a', event, 30, 'worker-2', event === 'acked' ? { outcome: 'acked' } : {});
    expect(oneJobEach(h.history()).violations).toMatchObject([{ rule: 'one-job-each' }]);
  });

  test('a job that is done by its record alone is a job too', () => {
    const h = written();
    resentAs(h, 'a', 'a2', 10);
    h.read('a', { state: 'done' });
    expect(oneJobEach(h.history()).violations).toMatchObject([{ rule: 'one-job-each' }]);
  });
});

describe('told-at-last', () => {
  test('violated: nobody ever said that it was accepted', () => {
    const h = written();
    resent(h, 'b', 10);
    h.submit('a', 10, 'info', 15, { error: 'ETIMEDOUT' });
    h.submit('a', 100, 'fail', 105, { error: 'http-503/refused' });
    h.submit('a', 200);
    const detail = '1 of 2 intended submissions were never accepted, the first a after 3 tries';
    expect(oneJobEach(h.history())).toEqual({
      violations: [{ rule: 'told-at-last', detail }],
      evidence: { intended: 2, sentAgain: 2, duplicated: 0 },
    });
  });
});

test('too little: nothing was sent, or nothing had to be sent again', () => {
  const insufficient = 'no client had to send its submission again';
  const none = { intended: 0, sentAgain: 0, duplicated: 0 };
  expect(oneJobEach(empty)).toEqual({ violations: [], evidence: none, insufficient });
  const h = written();
  h.job('a', 10);
  expect(oneJobEach(h.history())).toEqual({
    violations: [],
    evidence: { ...none, intended: 1 },
    insufficient,
  });
});
