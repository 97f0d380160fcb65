import { describe, expect, test } from 'vitest';
import { drainedWithin, replacedCleanly, resumedWithin, zombiesRefused } from './fault-rules.ts';
import { empty, written } from './testing/history.ts';

describe('zombie-refused', () => {
  const zombies = (...lateAcks: { job: string; outcome: string }[][]) => {
    const h = written();
    for (const [index, acks] of lateAcks.entries())
      h.fault('worker-pause', `worker-${index}`, 10, {}, { healedAtMs: 20, healProof: { lateAcks: acks } });
    return h;
  };
  const stale = { job: 'a', outcome: 'stale' };

  test('valid', () => {
    expect(zombiesRefused(zombies([stale], [stale, stale]).history())).toEqual({
      violations: [],
      evidence: { zombies: 2, lateAcks: 3, refusedAcks: 3 },
    });
  });

  test.each(['acked', 'already', 'none'])('violated: a late ack was answered "%s"', (outcome) => {
    expect(zombiesRefused(zombies([stale, { job: 'b', outcome }]).history())).toEqual({
      violations: [{ rule: 'zombie-refused', detail: '1 of 2 late acks were accepted, the first for b' }],
      evidence: { zombies: 1, lateAcks: 2, refusedAcks: 1 },
    });
  });

  test('a worker whose job did not change hands is no zombie: its ack is right', () => {
    const h = zombies([stale]);
    const healProof = { lateAcks: [{ job: 'b', outcome: 'acked' }] };
    h.fault('worker-pause', 'worker-9', 10, {}, { landed: false, healedAtMs: 20, healProof });
    expect(zombiesRefused(h.history())).toMatchObject({ violations: [], evidence: { zombies: 1 } });
  });

  test('too little: no zombie, or one that never acked, whatever the others sent', () => {
    expect(zombiesRefused(empty)).toEqual({
      violations: [],
      evidence: { zombies: 0, lateAcks: 0, refusedAcks: 0 },
      insufficient: 'no worker was made a zombie',
    });
    expect(zombiesRefused(zombies([stale, stale], []).history())).toMatchObject({
      violations: [],
      insufficient: '1 of 2 zombies sent no late ack',
    });
  });
});

describe('drained', () => {
  const ended = (...proofs: Record<string, unknown>[]) => {
    const h = written();
    for (const [index, proof] of proofs.entries()) h.fault('worker-terminate', `worker-${index}`, 10, proof);
    return drainedWithin(5000)(h.history());
  };

  test('valid at the bound', () => {
    expect(ended({ exitCode: 0, exitAfterMs: 12.34 }, { exitCode: 0, exitAfterMs: 5000 })).toEqual({
      violations: [],
      evidence: { terminated: 2, drainMsMax: 5000 },
    });
  });

  test.each([
    { exitCode: 1, exitAfterMs: 10 },
    { exitCode: null, exitSignal: 'SIGKILL', exitAfterMs: 10 },
    { exitCode: 0, exitAfterMs: 5001 },
    { exitCode: 0 },
    { exitCode: 0, exitAfterMs: Number.NaN },
  ])('violated: %j', (proof) => {
    const detail = `1 of 2 workers did not drain; worker-1: ${JSON.stringify(proof)}`;
    expect(ended({ exitCode: 0, exitAfterMs: 1 }, proof).violations).toEqual([{ rule: 'drained', detail }]);
  });

  test('empty', () => {
    expect(drainedWithin(5000)(empty)).toEqual({
      violations: [],
      evidence: { terminated: 0 },
      insufficient: 'no worker was terminated',
    });
  });
});

describe('replaced-cleanly', () => {
  test('valid, violated, empty', () => {
    const h = written();
    h.fault('worker-replace', 'worker-1', 10, { exitCode: 0 });
    expect(replacedCleanly(h.history())).toEqual({ violations: [], evidence: { replaced: 1 } });
    h.fault('api-replace', 'api-1', 20, { exitCode: null });
    expect(replacedCleanly(h.history())).toEqual({
      violations: [
        {
          rule: 'replaced-cleanly',
          detail: '1 of 2 instances did not exit cleanly; api-1: {"exitCode":null}',
        },
      ],
      evidence: { replaced: 2 },
    });
    expect(replacedCleanly(empty)).toEqual({
      violations: [],
      evidence: { replaced: 0 },
      insufficient: 'nothing was replaced',
    });
  });
});

describe('resumed-in-time', () => {
  const rule = resumedWithin(2000);
  const restart = (...jobsAtMs: number[]) => {
    const h = written();
    h.fault('redis-kill', 'redis', 100, {}, { healedAtMs: 1000 });
    for (const atMs of jobsAtMs) h.job(`job-${atMs}`, atMs);
    return h;
  };
  const evidence = (resumedMsMax: number, restarts = 1) => ({ restarts, resumedMsMax, resumedMsBound: 2000 });

  test('valid: the first job done after it, not the one before', () => {
    expect(rule(restart(50, 2990).history())).toEqual({ violations: [], evidence: evidence(2000) });
  });

  test('violated: too late', () => {
    const detail = 'after a restart the first job was done only 2001 ms later, at most 2000 ms';
    expect(rule(restart(2991).history())).toEqual({
      violations: [{ rule: 'resumed-in-time', detail }],
      evidence: evidence(2001),
    });
  });

  test('violated: never, though there was work, or Redis did not come back', () => {
    const detail = 'after 1 of 1 restarts no job was done any more';
    const never = { violations: [{ rule: 'resumed-in-time', detail }], evidence: evidence(0) };
    const waiting = restart(50);
    waiting.submit('a', 60, 'ok');
    waiting.read('a', { state: 'queued' });
    expect(rule(waiting.history())).toEqual(never);
    const later = restart(50);
    later.submit('b', 1500, 'fail', 1501, { error: 'http-503' });
    expect(rule(later.history())).toEqual(never);
    const gone = written();
    gone.fault('redis-kill', 'redis', 100, {});
    expect(rule(gone.history())).toEqual(never);
  });

  test('a stale ack is no job done', () => {
    const h = restart(2991);
    h.ledger('x', 'acked', 1001, 'worker-1', { outcome: 'stale' });
    expect(rule(h.history()).evidence).toEqual(evidence(2001));
  });

  test('a restart when all was done shows nothing, by itself; another one still counts', () => {
    const h = restart(50);
    const insufficient = 'no job was there to be done after a restart';
    expect(rule(h.history())).toEqual({ violations: [], evidence: evidence(0), insufficient });
    h.job('later', 1500);
    h.fault('redis-kill', 'redis', 2000, {}, { healedAtMs: 2100 });
    expect(rule(h.history())).toEqual({ violations: [], evidence: evidence(510, 2) });
  });

  test('empty', () => {
    const insufficient = 'no job was there to be done after a restart';
    expect(rule(empty)).toEqual({ violations: [], evidence: evidence(0, 0), insufficient });
  });
});
