import { expect, test } from 'vitest';
import type { LedgerLine } from '../services/shared/contract.ts';
import { written } from './checker/testing/history.ts';
import { jobsSoFar } from './jobs-so-far.ts';
import type { Event } from './op.ts';

test('it goes on from where it was', () => {
  const h = written();
  h.job('a', 10);
  h.submit('b', 20, 'ok');
  h.submit('b', 24, 'ok'); // the client was told twice
  h.submit('c', 26, 'info');
  h.ledger('b', 'claimed', 30, 'worker-1');
  h.ledger('b', 'claimed', 40, 'worker-2');
  h.ledger('b', 'finished', 50, 'worker-2');
  h.ledger('b', 'acked', 51, 'worker-2', { outcome: 'acked' });
  h.ledger('b', 'finished', 52, 'worker-1');
  h.ledger('b', 'acked', 53, 'worker-1', { outcome: 'stale' });
  const { events, ledger } = h.history();
  const [eventsSoFar, linesSoFar]: [Event[], LedgerLine[]] = [[], []];
  const count = jobsSoFar(eventsSoFar, () => linesSoFar);
  const nothing = { acknowledged: 0, finished: 0, acked: 0, redelivered: 0, stale: 0 };
  expect(count()).toEqual(nothing);
  eventsSoFar.push(...events);
  expect(count()).toEqual({ ...nothing, acknowledged: 2 });
  for (const line of ledger) {
    linesSoFar.push(line);
    count();
  }
  expect(count()).toEqual({ acknowledged: 2, finished: 2, acked: 2, redelivered: 1, stale: 1 });
});
