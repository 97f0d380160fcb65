// Waiting and trying again: for calls that may safely be repeated.

import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps that long, or until the signal aborts. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch(() => {});
}

/** Repeats the call until it resolves. @throws the last error, once the signal has aborted */
export async function untilAnswered<T>(
  call: () => Promise<T>,
  options: { everyMs: number; signal: AbortSignal; onError: (error: Error) => void },
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      options.onError(error as Error);
      if (options.signal.aborted) throw error;
      await pause(options.everyMs, options.signal);
    }
  }
}
