// A client that sends its submission again until it is told that it was accepted, as a client should: after an error of
// the connection, a timeout, a 429 or a 5xx, and not before the API wants it.

import { setTimeout as delay } from 'node:timers/promises';
import { idFromKey } from '../../services/shared/contract.ts';
import type { Answer } from './submission-client.ts';
import type { PlannedJob } from './submission-plan.ts';

export interface Resend {
  /** `same`: each try carries the submission's own key. `fresh`: each has another one, which is as good as none. */
  key: 'same' | 'fresh';
  triesAtMost: number;
}

const pauseMs = 100;

/** Resolves when it was told, or gave up, or the signal aborted; never rejects. `sendOnce` must not either. */
export async function sendUntilTold(
  job: PlannedJob,
  { key, triesAtMost }: Resend,
  sendOnce: (job: PlannedJob) => Promise<Answer>,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; tries < triesAtMost && !signal.aborted; tries++) {
    const answer = await sendOnce(tries > 0 && key === 'fresh' ? underAnotherKey(job, tries) : job);
    if (answer.outcome === 'ok' || isFinal(answer)) return;
    await delay(answer.retryAfterMs ?? pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** The submission was looked at and refused: it would be again. */
function isFinal({ status }: Answer): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

function underAnotherKey(job: PlannedJob, tries: number): PlannedJob {
  const key = `${job.key}-again-${tries}`;
  return { ...job, key, id: idFromKey(key), resendOf: job.id };
}
