import { describe, expect, test } from 'vitest';
import { account } from './accounting.ts';
import { empty, written } from './testing/history.ts';
import { tracesOf } from './traces.ts';

const traceOf = (job: string) => `trace of ${job}`;
const none = { lost: 0, duplicated: 0, redelivered: 0 };

describe('which jobs are named, and why', () => {
  test('nothing happened', () => {
    expect(tracesOf(empty, traceOf)).toEqual({ jobs: none, listed: [] });
  });

  test('jobs that were done once are not', () => {
    const h = written();
    h.job('a', 10);
    h.job('b', 30);
    expect(tracesOf(h.history(), traceOf)).toEqual({ jobs: none, listed: [] });
  });

  test('one of each, the lost first', () => {
    const h = written();
    h.job('again', 10);
    h.ledger('again', 'claimed', 12, 'worker-2', { attempt: 1 });
    h.job('twice', 30);
    h.ledger('twice', 'claimed', 42, 'worker-2');
    h.ledger('twice', 'finished', 43, 'worker-2');
    h.ledger('twice', 'acked', 44, 'worker-2', { outcome: 'acked' });
    h.submit('gone', 50, 'ok');
    h.read('gone', null);
    h.job('fine', 70);
    const history = h.history();
    expect(tracesOf(history, traceOf)).toEqual({
      jobs: { lost: 1, duplicated: 1, redelivered: 1 },
      listed: [
        { job: 'gone', why: 'lost', traceId: 'trace of gone' },
        { job: 'twice', why: 'duplicated', traceId: 'trace of twice' },
        { job: 'again', why: 'redelivered', traceId: 'trace of again' },
      ],
    });
    // The names are the accounting's own.
    expect(account(history).categories.lost.map(({ id }) => id)).toEqual(['gone']);
  });

  test('a job that was lost after its second delivery is lost', () => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.ledger('a', 'claimed', 12, 'worker-1');
    h.ledger('a', 'claimed', 22, 'worker-2');
    h.read('a', null);
    expect(tracesOf(h.history(), traceOf).jobs).toEqual({ ...none, lost: 1 });
  });

  test('a delivery of which only the queue knows counts', () => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.ledger('a', 'claimed', 22, 'worker-2', { attempt: 2 });
    h.ledger('a', 'finished', 23, 'worker-2', { attempt: 2 });
    h.ledger('a', 'acked', 24, 'worker-2', { attempt: 2, outcome: 'acked' });
    h.read('a', { state: 'done', verdict: 'AC', attempts: 2 });
    expect(tracesOf(h.history(), traceOf).jobs).toEqual({ ...none, redelivered: 1 });
  });

  test('a job that no span names is named all the same', () => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.read('a', null);
    expect(tracesOf(h.history(), () => undefined).listed).toEqual([{ job: 'a', why: 'lost', traceId: null }]);
  });
});

test('the list has a bound for each reason, the counts have none', () => {
  const h = written();
  for (let n = 0; n < 500; n++) {
    h.submit(`lost ${n}`, n, 'ok');
    h.read(`lost ${n}`, null);
  }
  h.job('again', 900);
  h.ledger('again', 'claimed', 902, 'worker-2');
  const { jobs, listed } = tracesOf(h.history(), traceOf);
  expect(jobs).toEqual({ ...none, lost: 500, redelivered: 1 });
  expect(listed).toHaveLength(201);
  expect(listed.at(-1)).toMatchObject({ job: 'again', why: 'redelivered' });
});
