// What the rules say of jobs whose workers were killed: delivered again in time, and dead once that was too often.

import { describe, expect, test } from 'vitest';
import { deadAfterKills, redeliveredWithin } from './queue-rules.ts';
import { empty, two, written } from './testing/history.ts';

describe('redelivered-in-time', () => {
  const killed = (nextAtMs?: number, state = 'done', nextWorker = 'worker-2') => {
    const h = written();
    h.submit('a', 10, 'ok');
    h.ledger('a', 'claimed', 12, 'worker-1');
    h.fault('worker-kill', 'worker-1', 100, { inFlight: [{ job: 'a' }] });
    if (nextAtMs !== undefined) h.ledger('a', 'claimed', nextAtMs, nextWorker);
    h.read('a', { state });
    return redeliveredWithin(500)(h.history());
  };
  const evidence = (ms: number) => ({
    recovered: 1,
    recoveryMsP50: ms,
    recoveryMsP99: ms,
    recoveryMsBound: 500,
    recoveriesMs: [ms],
  });

  test('a delivery that no ledger tells of, since its worker was killed first, is told by the attempts', () => {
    const chain = (attempt: number) => {
      const h = written();
      h.submit('a', 10, 'ok');
      h.ledger('a', 'claimed', 20, 'worker-1', { attempt: 1 });
      h.fault('worker-kill', 'worker-1', 100, { inFlight: [{ job: 'a', attempt: 1 }] });
      h.fault('worker-kill', 'worker-2', 450, { inFlight: [{ job: 'x', attempt: 1 }] });
      h.ledger('a', 'claimed', 820, 'worker-3', { attempt });
      h.read('a', { state: 'done' });
      return redeliveredWithin(500)(h.history());
    };
    expect(chain(3)).toMatchObject({
      violations: [],
      evidence: { recovered: 2, unseenDeliveries: 1, recoveryMsP99: 370 },
    });
    // With the next attempt there was none in between: it waited all the time.
    expect(chain(2).violations).toMatchObject([{ rule: 'redelivered-in-time' }]);
  });

  test('a delivery to a worker that was killed before it claimed is told by who gave the job back', () => {
    const chain = (from?: string) => {
      const h = written();
      h.submit('a', 10, 'ok');
      h.ledger('a', 'claimed', 20, 'worker-1', { attempt: 1 });
      h.fault('worker-kill', 'worker-1', 100, { inFlight: [{ job: 'a', attempt: 1 }] });
      h.fault('worker-kill', 'worker-2', 450, { inFlight: [{ job: 'x', attempt: 1 }] });
      // Whoever gave it back may write that down later than who got it.
      h.ledger('a', 'claimed', 820, 'worker-3', { attempt: 2 });
      if (from !== undefined) h.ledger('a', 'returned', 821, 'worker-4', { from });
      h.read('a', { state: 'done' });
      return redeliveredWithin(500)(h.history());
    };
    expect(chain('worker-2-77-ab')).toMatchObject({
      violations: [],
      evidence: { recovered: 2, unseenDeliveries: 1, recoveryMsP99: 370 },
    });
    // Nobody had it, or somebody who was not killed.
    for (const from of [undefined, 'worker-3-78-cd', 'worker-22-79-ef'])
      expect(chain(from).violations).toMatchObject([{ rule: 'redelivered-in-time' }]);
  });

  test('in time, at the bound, too late', () => {
    expect(killed(350.26)).toEqual({ violations: [], evidence: evidence(250.3) });
    expect(killed(600)).toEqual({ violations: [], evidence: evidence(500) });
    const detail = 'p99 from kill to redelivery is 501 ms of at most 500 ms';
    expect(killed(601)).toEqual({
      violations: [{ rule: 'redelivered-in-time', detail }],
      evidence: evidence(501),
    });
  });

  test('never again, or only by itself', () => {
    const detail = '1 jobs that a killed worker held were never delivered again, the first a';
    const never = {
      violations: [{ rule: 'redelivered-in-time', detail }],
      evidence: { recovered: 0, neverRedelivered: 1 },
    };
    expect(killed(undefined, 'running')).toEqual(never);
    expect(killed(200, 'running', 'worker-1')).toEqual(never);
  });

  test('after a silence too, and each fault is a matter of its own', () => {
    const h = two();
    h.fault('half-open', 'worker-1', 100, { inFlight: [{ job: 'a' }] });
    h.ledger('a', 'claimed', 601, 'worker-2');
    const detail = 'p99 from silence to redelivery is 501 ms of at most 500 ms';
    expect(redeliveredWithin(500, 'half-open')(h.history())).toEqual({
      violations: [{ rule: 'redelivered-in-time', detail }],
      evidence: evidence(501),
    });
    expect(redeliveredWithin(500)(h.history())).toMatchObject({
      violations: [],
      insufficient: 'no job that a killed worker held was delivered again',
    });
  });

  test('no need of it: its result was recorded, or it is a dead letter', () => {
    const insufficient = 'no job that a killed worker held was delivered again';
    expect(killed(undefined, 'done')).toEqual({ violations: [], evidence: {}, insufficient });
    expect(killed(undefined, 'dead')).toEqual({ violations: [], evidence: {}, insufficient });
  });
});

describe('dead-after-kills', () => {
  /** Job a is in flight at each kill, and claimed again after each but the last. */
  const killed = (times: number, state: string) => {
    const h = written();
    h.submit('a', 10, 'ok');
    for (let i = 0; i < times; i++) {
      h.ledger('a', 'claimed', 20 + 100 * i, `worker-${i}`);
      h.fault('worker-kill', `worker-${i}`, 50 + 100 * i, { inFlight: [{ job: 'a' }] });
    }
    h.read('a', { state });
    return h;
  };
  const rule = deadAfterKills(1);

  test('valid: dead after the second kill', () => {
    expect(rule(killed(2, 'dead').history())).toEqual({ violations: [], evidence: { killedTooOften: 1 } });
  });

  test('violated: it lives on', () => {
    expect(rule(killed(2, 'queued').history()).violations).toMatchObject([
      { rule: 'dead-after-kills', detail: expect.stringMatching(/^1 of 1 jobs .* are no dead letters/) },
    ]);
  });

  test('violated: another one is dead though nobody killed its worker', () => {
    const h = killed(2, 'dead');
    h.submit('b', 400, 'ok');
    h.read('b', { state: 'dead' });
    expect(rule(h.history()).violations).toMatchObject([{ detail: expect.stringMatching(/first b$/) }]);
  });

  test('a result that was recorded just before the last kill is no second loss', () => {
    expect(rule(killed(2, 'done').history())).toMatchObject({
      violations: [],
      insufficient: expect.stringContaining("no job's worker was killed more than 1 times"),
    });
  });

  test('a second delivery that no ledger tells of, since its worker was killed first, counts by the queue', () => {
    const h = killed(1, 'dead');
    h.submit('b', 400, 'ok');
    h.read('b', { state: 'dead', attempts: 2 });
    h.read('a', { state: 'dead', attempts: 2 });
    const [violation] = rule(h.history()).violations;
    // a had two deliveries and one of them was seen; nobody killed a worker of b.
    expect(violation?.detail).toMatch(/^1 jobs .* first b$/);
  });

  test('one kill, or none, is too little', () => {
    expect(rule(killed(1, 'done').history()).insufficient).toBeDefined();
    expect(rule(empty).insufficient).toBeDefined();
  });
});
