import { expect, test } from 'vitest';
import { noticedWithin } from './half-open-rules.ts';
import type { FaultOptions } from './testing/history.ts';
import { empty, written } from './testing/history.ts';

const rule = noticedWithin(5000);
const healed = (reconnectedAfterMs: unknown): FaultOptions => ({
  healedAtMs: 9000,
  healProof: { reconnectedAfterMs },
});

function silenced(...proofs: unknown[]) {
  const h = written();
  for (const [index, reconnectedAfterMs] of proofs.entries())
    h.fault('half-open', `worker-${index}`, 1000, {}, healed(reconnectedAfterMs));
  return h;
}

test('valid at the bound: the first job over a new connection counts, not what came before it', () => {
  const h = silenced(2000, 2300);
  h.ledger('a', 'claimed', 1001, 'worker-0');
  h.ledger('b', 'claimed', 3000, 'worker-0');
  h.ledger('c', 'claimed', 6000, 'worker-1');
  h.ledger('d', 'claimed', 9000, 'worker-0');
  expect(rule(h.history())).toEqual({
    violations: [],
    evidence: { silenced: 2, reconnectMsMax: 2300, backAtWorkMsMax: 5000, backAtWorkMsBound: 5000 },
  });
});

test('violated: too late', () => {
  const h = silenced(2000);
  h.ledger('a', 'claimed', 6000.5, 'worker-0');
  const detail = 'a silenced worker was back at work after 5000.5 ms, at most 5000 ms';
  expect(rule(h.history()).violations).toEqual([{ rule: 'noticed-in-time', detail }]);
});

test.each([
  ['it never connected again', null],
  ['nobody knows whether it did', undefined],
])('violated: %s', (_, reconnectedAfterMs) => {
  const h = silenced(10, reconnectedAfterMs);
  h.ledger('a', 'claimed', 1100, 'worker-0');
  h.ledger('b', 'claimed', 1100, 'worker-1');
  const detail = '1 of 2 silenced workers never came back to work by themselves';
  expect(rule(h.history()).violations).toEqual([{ rule: 'noticed-in-time', detail }]);
});

test('violated: it connected and claimed nothing more; another worker did', () => {
  const h = silenced(2000);
  h.ledger('a', 'claimed', 2999, 'worker-0');
  h.ledger('b', 'claimed', 3100, 'worker-1');
  h.ledger('a', 'acked', 3100, 'worker-0', { outcome: 'stale' });
  const detail = '1 of 1 silenced workers never came back to work by themselves';
  expect(rule(h.history())).toEqual({
    violations: [{ rule: 'noticed-in-time', detail }],
    evidence: { silenced: 1, reconnectMsMax: 2000 },
  });
});

test('too little: no fault, or none that landed', () => {
  const tooLittle = {
    violations: [],
    evidence: { silenced: 0 },
    insufficient: 'no connection was silenced',
  };
  expect(rule(empty)).toEqual(tooLittle);
  const h = written();
  h.fault('half-open', 'worker-0', 1000, {}, { ...healed(null), landed: false });
  expect(rule(h.history())).toEqual(tooLittle);
});
