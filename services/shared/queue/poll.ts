// Polling, the control for blocking pops: looks every so often, at once again after it found something.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import { blockMs } from './connection.ts';

/** Looks until there is something, the signal aborts, or a blocking pop would have given up too. */
export type Poll = <T>(look: () => Promise<T[]>, signal: AbortSignal) => Promise<T[]>;

export function createPoll(everyMs: number): Poll {
  let nextLookAtMs = 0;
  return async (look, signal) => {
    const giveUpAtMs = monotonicMs() + blockMs;
    for (;;) {
      await until(Math.min(nextLookAtMs, giveUpAtMs), signal);
      if (signal.aborted || nextLookAtMs > giveUpAtMs) return [];
      const found = await look();
      if (found.length > 0) return found;
      nextLookAtMs = monotonicMs() + everyMs;
    }
  };
}

async function until(atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - monotonicMs();
  if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
}
