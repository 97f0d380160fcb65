import { expect, test } from 'vitest';
import { poisonIsQuarantined } from './poison-rules.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

const rule = poisonIsQuarantined('poison', 3, 1.5);

interface Poisoned {
  deliveries?: number;
  /** The status of the redrive; undefined: there was none. */
  redrive?: 'ok' | 'fail';
  end?: string;
  /** From the first to the last of the two other jobs; 100 without the poison job. */
  loadMs?: number;
}

function poisoned({
  deliveries = 3,
  redrive = 'ok',
  end = 'done',
  loadMs = 100,
}: Poisoned = {}): WrittenHistory {
  const h = written();
  h.job('s1', 0, { batch: 'steady' });
  h.job('s2', 90, { batch: 'steady' });
  h.job('l1', 1000);
  h.job('l2', 990 + loadMs);
  h.submit('poison', 1000, 'ok', 1001, { batch: 'poison' });
  for (let attempt = 1; attempt <= deliveries; attempt++)
    h.ledger('poison', 'claimed', 1000 + attempt, `worker-${attempt}`, { attempt });
  h.op('redrive', 2000, { id: 'poison' }, redrive, 2001);
  if (redrive === 'ok') h.ledger('poison', 'claimed', 2010, 'worker-9', { attempt: 1 });
  h.read('poison', { state: end });
  return h;
}
const evidence = { attempts: 3, attemptsAtMost: 3, faultFreeMs: 100, withPoisonMs: 100, ratio: 1 };

test('valid, at both bounds', () => {
  expect(rule(poisoned({ loadMs: 150 }).history())).toEqual({
    violations: [],
    evidence: { ...evidence, withPoisonMs: 150, ratio: 1.5 },
  });
});

test('quarantined: delivered too often', () => {
  expect(rule(poisoned({ deliveries: 4 }).history())).toEqual({
    violations: [{ rule: 'quarantined', detail: 'the poison job was delivered 4 times, at most 3' }],
    evidence: { ...evidence, attempts: 4 },
  });
});

test('quarantined: never a dead letter', () => {
  const h = written();
  h.job('s1', 0, { batch: 'steady' });
  h.job('l1', 1000);
  h.job('poison', 1000, { batch: 'poison' });
  expect(rule(h.history())).toEqual({
    violations: [
      {
        rule: 'quarantined',
        detail: 'the poison job was delivered 1 times, at most 3 and never became a dead letter',
      },
    ],
    evidence: { attempts: 1, attemptsAtMost: 3, faultFreeMs: 10, withPoisonMs: 10, ratio: 1 },
  });
});

test.each<Poisoned>([
  { end: 'dead' },
  { redrive: 'fail', end: 'dead' },
  { redrive: 'fail' },
])('redriven: %j', (how) => {
  expect(rule(poisoned(how).history())).toEqual({
    violations: [{ rule: 'redriven', detail: `after the redrive the job is "${how.end ?? 'done'}"` }],
    evidence,
  });
});

test('others-unharmed: slower, or never done', () => {
  expect(rule(poisoned({ loadMs: 151 }).history()).violations).toEqual([
    {
      rule: 'others-unharmed',
      detail: 'the other jobs took 1.51 × their fault-free time, at most 1.5 ×',
    },
  ]);
  const h = poisoned();
  h.submit('l3', 1010, 'ok');
  h.read('l3', { state: 'running' });
  expect(rule(h.history())).toEqual({
    violations: [{ rule: 'others-unharmed', detail: '1 of the other jobs were never done' }],
    evidence,
  });
});

test('a late stale ack does not lengthen the time', () => {
  const h = poisoned();
  h.ledger('l2', 'acked', 9000, 'worker-9', { outcome: 'stale' });
  expect(rule(h.history())).toEqual({ violations: [], evidence });
});

test('too little: empty, never delivered, nothing to compare with', () => {
  const insufficient = 'the poison job was never delivered';
  expect(rule(empty)).toEqual({ violations: [], evidence: {}, insufficient });
  expect(rule(poisoned({ deliveries: 0, redrive: 'fail' }).history())).toMatchObject({ insufficient });
  const h = written();
  h.ledger('poison', 'claimed', 5);
  h.op('redrive', 6, {}, 'ok');
  h.ledger('poison', 'claimed', 9);
  h.read('poison', { state: 'done' });
  expect(rule(h.history())).toEqual({
    violations: [],
    evidence: { attempts: 1, attemptsAtMost: 3 },
    insufficient: 'no batch to compare with',
  });
});
