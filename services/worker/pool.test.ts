// The pool: what the sandbox cannot end by itself is ended hard, and the next submission finds a thread.

import { afterEach, describe, expect, test } from 'vitest';
import { openPool, type Pool } from './pool.ts';

const limits = {
  timeLimitMs: 1500,
  memoryLimitBytes: 32 << 20,
  stackLimitBytes: 256 << 10,
  outputLimitBytes: 64 << 10,
};
const submission = (code: string) => ({ problemId: 'echo', language: 'javascript' as const, code });
const echo = submission('function solve(x) { return x; }');
/** One native loop of QuickJS, years long: it never looks at the clock. */
const unstoppable = submission('function solve() { return [].indexOf.call({ length: 2 ** 53 - 1 }, 1); }');

describe('the pool', () => {
  let pool: Pool;
  afterEach(() => pool.close());

  test('judges, one after the other on one thread', async () => {
    pool = openPool(1, limits);
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.run(echo)));
    expect(new Set(all.map((judgement) => judgement.verdict))).toEqual(new Set(['AC']));
  });

  test('runs as many at a time as it has threads, and says when each really starts', async () => {
    pool = openPool(2, { ...limits, timeLimitMs: 5000 });
    await Promise.all([pool.run(echo), pool.run(echo)]);
    let running = 0;
    let most = 0;
    const sleeper = submission('function solve(x) { sleep(100); return x; }');
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        await pool.run(sleeper, () => {
          running++;
          most = Math.max(most, running);
        });
        running--;
      }),
    );
    expect(most).toBe(2);
  });

  test('ends hard what never looks at the clock, and the next one need not wait long', async () => {
    pool = openPool(1, limits);
    await pool.run(echo);
    const beganMs = performance.now();
    const stopped = await pool.run(unstoppable);
    const stoppedMs = performance.now() - beganMs;
    expect(stopped).toMatchObject({ verdict: 'TLE', passed: 0, total: 2 });
    expect(stoppedMs).toBeGreaterThanOrEqual(limits.timeLimitMs);
    expect(stoppedMs).toBeLessThan(limits.timeLimitMs + 2000);
    expect((await pool.run(echo)).verdict).toBe('AC');
    expect(performance.now() - beganMs - stoppedMs).toBeLessThan(3000);
  });

  test('a thread whose sandbox broke a limit goes on with a new one', async () => {
    pool = openPool(1, limits);
    const memory = submission(
      'function solve() { const a = []; for (;;) a.push("x".repeat(1e6) + a.length); }',
    );
    const verdicts = [];
    for (const one of [submission('for (;;);'), echo, memory, echo])
      verdicts.push((await pool.run(one)).verdict);
    expect(verdicts).toEqual(['TLE', 'AC', 'MLE', 'AC']);
  });

  test('does not run a program that has to wait for its turn before it is its turn', async () => {
    pool = openPool(1, limits);
    const order: string[] = [];
    await Promise.all([
      pool
        .run(submission('function solve(x) { sleep(50); return x; }'), () => order.push('a starts'))
        .then(() => order.push('a ends')),
      pool.run(echo, () => order.push('b starts')),
    ]);
    expect(order).toEqual(['a starts', 'a ends', 'b starts']);
  });

  // Node 24.21 hangs all threads when their event loops are empty while they load: see sandbox-thread.ts.
  test('twenty threads that start together all run', async () => {
    pool = openPool(20, { ...limits, timeLimitMs: 20_000 });
    const pause = submission('function solve(x) { sleep(20); return x; }');
    const all = await Promise.all(Array.from({ length: 60 }, () => pool.run(pause)));
    expect(all.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 60 }, () => 'AC'));
  });

  test('a time limit shorter than the warm-up of a thread breaks nothing', async () => {
    pool = openPool(1, { ...limits, timeLimitMs: 1 });
    for (let i = 0; i < 5; i++) {
      const { verdict, message = '' } = await pool.run(submission('for (;;);'));
      expect({ verdict, broke: message.includes('broke') }).toEqual({ verdict: 'TLE', broke: false });
    }
  });

  test('close ends what runs and what waits', async () => {
    pool = openPool(1, { ...limits, timeLimitMs: 60_000 });
    const started = Promise.withResolvers<void>();
    const running = pool.run(unstoppable, started.resolve);
    const waiting = pool.run(echo);
    const ends = Promise.allSettled([running, waiting]);
    await started.promise;
    await pool.close();
    expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected']);
    await expect(pool.run(echo)).rejects.toThrow(/closed/);
  });
});
