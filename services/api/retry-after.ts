// Guesses when a full queue will have room again, from how fast jobs were finished lately. A hint, no promise.

import { monotonicMs } from '../shared/clock.ts';

const sampleEveryMs = 1000;
const maxSeconds = 30;

export interface RetryAfter {
  /** Whole seconds, at least 1, until about a tenth of the cap is free. */
  estimateSeconds(cap: number): number;
}

/**
 * @param countDone how many jobs were ever done; asked at most once a second, in the background, and only while the
 * queue is full. It may reject.
 */
export function createRetryAfter(countDone: () => Promise<number>): RetryAfter {
  let last: { done: number; atMs: number } | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let donePerSecond: number | undefined;

  const sample = async () => {
    const done = await countDone();
    const atMs = monotonicMs();
    if (last !== undefined) donePerSecond = ((done - last.done) * 1000) / (atMs - last.atMs);
    last = { done, atMs };
  };

  return {
    estimateSeconds(cap) {
      if (monotonicMs() - askedAtMs >= sampleEveryMs) {
        askedAtMs = monotonicMs();
        sample().catch(() => {});
      }
      if (donePerSecond === undefined) return 1;
      const seconds = Math.ceil(cap / 10 / Math.max(donePerSecond, Number.MIN_VALUE));
      return Math.min(Math.max(seconds, 1), maxSeconds);
    },
  };
}
