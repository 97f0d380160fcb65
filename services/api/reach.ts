// Calls the queue with a deadline and short repeats, so that a request is answered within a second whatever Redis
// does: down, paused or loading. With the client's `defaults` (a control) it only waits, and the hang shows.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { Problem } from './problem.ts';
import { type CommandOutcome, redisOutcome } from './redis-outcome.ts';

/** The answer must be on its way this long after the call began; within 1 s that leaves room for a busy event loop. */
const deadlineMs = 600;
/** No new attempt later than this: it would have too little time. */
const repeatUntilMs = 350;
const pauseMs = 40;

export interface ReachOptions {
  /** `safe`: may be repeated whatever happened to the first. `unsent`: only if it certainly had no effect. */
  repeat: 'safe' | 'unsent';
  /** Whether a 503 says `outcome`: it does for commands, it means nothing for reads. */
  command: boolean;
}

/** `uncertain`: an earlier attempt of this call may have had its effect, so "known already" may be our own doing. */
export interface Reached<T> {
  reply: T;
  uncertain: boolean;
}

/** @throws {Problem} `redis-unavailable`, with the client's error as cause */
export type Reach = <T>(call: () => Promise<T>, options: ReachOptions) => Promise<Reached<T>>;

export function createReach(client: 'tuned' | 'defaults', log: Log): Reach {
  let reachable = true;

  return async (call, { repeat, command }) => {
    const startMs = monotonicMs();
    let uncertain = false;
    for (;;) {
      try {
        const reply = await (client === 'defaults' ? call() : within(call(), startMs + deadlineMs));
        if (!reachable) log.info('redis is reachable again');
        reachable = true;
        return { reply, uncertain };
      } catch (error) {
        const row = redisOutcome(error);
        uncertain ||= row.outcome === 'unknown';
        const mayRepeat = row.passes && client === 'tuned' && (repeat === 'safe' || !uncertain);
        if (!mayRepeat || monotonicMs() - startMs + pauseMs > repeatUntilMs) {
          // Once for each outage; the requests are counted in the metrics.
          if (reachable) log.warn({ err: error, why: row.why }, 'redis is unreachable');
          reachable = false;
          throw unavailable(uncertain ? 'unknown' : 'refused', command, error);
        }
        await delay(pauseMs);
      }
    }
  };
}

function unavailable(outcome: CommandOutcome, command: boolean, cause: unknown): Problem {
  const detail = !command
    ? 'Redis did not answer. Try again.'
    : outcome === 'refused'
      ? 'Redis did not take the command. It had no effect; try again.'
      : 'Redis did not answer the command in time. It may have had its effect; trying again with the same Idempotency-Key is safe.';
  return new Problem('redis-unavailable', detail, {
    headers: { 'Retry-After': '1' },
    cause,
    ...(command ? { outcome } : {}),
  });
}

/** The promise, or a rejection at `endMs`. It does not cancel: what was sent may still happen. */
async function within<T>(promise: Promise<T>, endMs: number): Promise<T> {
  const leftMs = Math.max(0, Math.round(endMs - monotonicMs()));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Redis within ${leftMs} ms`)), leftMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
