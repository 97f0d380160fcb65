import { describe, expect, test } from 'vitest';
import { fifo } from './order-rules.ts';
import { empty, written } from './testing/history.ts';

/** Jobs sent one after the other, each acknowledged 2 ms later, claimed in the order that is given. */
function claimedAs(order: string[], sent = [...order].sort(), gapMs = 10) {
  const h = written();
  for (const [index, id] of sent.entries()) h.submit(id, index * gapMs, 'ok', index * gapMs + 2);
  for (const [index, id] of order.entries()) h.ledger(id, 'claimed', 1000 + index);
  return h;
}

describe('fifo', () => {
  test('valid', () => {
    expect(fifo('claimed')(claimedAs(['a', 'b', 'c']).history())).toEqual({
      violations: [],
      evidence: { ordered: 2, overtaken: 0 },
    });
  });

  test('violated', () => {
    const detail =
      '2 of 3 jobs overtook another: b was claimed before a, which was acknowledged before b was sent';
    expect(fifo('claimed')(claimedAs(['b', 'c', 'a', 'd']).history())).toEqual({
      violations: [{ rule: 'fifo', detail }],
      evidence: { ordered: 3, overtaken: 2 },
    });
  });

  test('jobs whose submissions overlap may come in any order', () => {
    const h = written();
    h.submit('a', 0, 'ok', 30);
    h.submit('b', 10, 'ok', 20);
    h.submit('c', 40, 'ok', 50);
    for (const [index, id] of ['b', 'a', 'c'].entries()) h.ledger(id, 'claimed', 100 + index);
    expect(fifo('claimed')(h.history())).toEqual({ violations: [], evidence: { ordered: 1, overtaken: 0 } });
  });

  test('if all of them overlap no order can be told', () => {
    const overlapping = claimedAs(['c', 'b', 'a'], ['a', 'b', 'c'], 0.5).history();
    expect(fifo('claimed')(overlapping)).toEqual({
      violations: [],
      evidence: { ordered: 0, overtaken: 0 },
      insufficient: 'all submissions overlapped: no order can be told',
    });
  });

  test('the first claim counts, not a redelivery; an unacknowledged job has no place', () => {
    const h = claimedAs(['a', 'b']);
    h.ledger('a', 'claimed', 2000, 'worker-2');
    h.submit('lost-reply', 900, 'info');
    h.ledger('lost-reply', 'claimed', 999);
    expect(fifo('claimed')(h.history())).toEqual({ violations: [], evidence: { ordered: 1, overtaken: 0 } });
  });

  test('a stale ack is none', () => {
    const h = claimedAs(['a', 'b']);
    h.ledger('b', 'acked', 2000, 'worker-1', { outcome: 'stale' });
    h.ledger('a', 'acked', 2001, 'worker-1', { outcome: 'acked' });
    h.ledger('b', 'acked', 2002, 'worker-1', { outcome: 'acked' });
    expect(fifo('acked')(h.history()).violations).toEqual([]);
  });

  test('empty, and another event than asked for', () => {
    expect(fifo('claimed')(empty)).toEqual({
      violations: [],
      evidence: {},
      insufficient: 'only 0 jobs were claimed',
    });
    expect(fifo('acked')(claimedAs(['a', 'b']).history()).insufficient).toBe('only 0 jobs were acked');
  });
});
