// The table of Redis errors, and what reach.ts makes of it over several attempts.

import { describe, expect, it } from 'vitest';
import { openLog } from '../shared/log.ts';
import { timed } from './api-process.ts';
import type { Problem } from './problem.ts';
import { createReach } from './reach.ts';
import { redisOutcome, redisOutcomes } from './redis-outcome.ts';

const log = openLog('test', 'silent');
const safe = { repeat: 'safe', command: true } as const;
const notSent = () => new Error("Stream isn't writeable and enableOfflineQueue options is false");
const timedOut = () => new Error('Command timed out');

describe('an error', () => {
  it.each([
    ['refused', notSent()],
    ['refused', new Error("OOM command not allowed when used memory > 'maxmemory'.")],
    ['refused', new Error('LOADING Redis is loading the dataset in memory')],
    ['unknown', timedOut()],
    ['unknown', new Error('Connection is closed.')],
    ['unknown', new Error('something new')],
    ['unknown', 'not even an error'],
    ['refused', new Error('the adapter wrapped it', { cause: notSent() })],
  ])('is %s: %s', (outcome, error) => {
    expect(redisOutcome(error).outcome).toBe(outcome);
  });

  it('matches one row only', () => {
    for (const { starts } of redisOutcomes) {
      expect(redisOutcomes.filter((row) => starts.startsWith(row.starts))).toHaveLength(1);
    }
  });
});

describe('a call', () => {
  it('is repeated until Redis is back, and is uncertain if an attempt was', async () => {
    const reach = createReach('tuned', log);
    expect(await reach(attempts(notSent(), 'yes'), safe)).toEqual({ reply: 'yes', uncertain: false });
    expect(await reach(attempts(timedOut(), 'yes'), safe)).toEqual({ reply: 'yes', uncertain: true });
  });

  it('stays unknown once an attempt was, though the last one was refused', async () => {
    const reach = createReach('tuned', log);
    const calls = attempts(timedOut(), ...Array.from({ length: 100 }, notSent));
    expect(await outcomeOf(reach(calls, safe))).toBe('unknown');
    expect(await outcomeOf(reach(attempts(...Array.from({ length: 100 }, notSent)), safe))).toBe('refused');
  });

  it('is not repeated after an unknown outcome if that is not safe, nor when it cannot help', async () => {
    const reach = createReach('tuned', log);
    const unsent = { repeat: 'unsent', command: true } as const;
    expect(await outcomeOf(reach(attempts(notSent(), timedOut(), 'never'), unsent))).toBe('unknown');
    expect(await outcomeOf(reach(attempts(new Error('OOM full'), 'never'), safe))).toBe('refused');
  });

  it('ends at the deadline when there is no answer at all', async () => {
    const never = () => new Promise<never>(() => {});
    const [outcome, tookMs] = await timed(() => outcomeOf(createReach('tuned', log)(never, safe)));
    expect(outcome).toBe('unknown');
    expect(tookMs).toBeLessThan(1000);
  });
});

/** Rejects with each error in turn, resolves with the first that is none. */
function attempts(...results: (Error | string)[]): () => Promise<string> {
  return async () => {
    const result = results.shift();
    if (result instanceof Error) throw result;
    return String(result);
  };
}

async function outcomeOf(call: Promise<unknown>) {
  const problem = await call.then(
    () => {
      throw new Error('it resolved');
    },
    (error: Problem) => error,
  );
  expect(problem.kind).toBe('redis-unavailable');
  return problem.extras.outcome;
}
