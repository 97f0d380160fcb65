// Ids of spans. All are drawn at random but those of a job's attempts and statuses, which follow from the job: whoever finds
// that an attempt was lost with its worker can say which span that was, though nobody has seen it.

import { hash } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';

/** @param version the job's, at the claim: no other attempt at it has the same. @returns 16 hexadecimal digits */
export function attemptSpanId(jobId: string, version: number): string {
  return derived(`attempt:${jobId}:${version}`);
}

/** Of the publishing of a job's status. */
export function publishSpanId(jobId: string, version: number): string {
  return derived(`publish:${jobId}:${version}`);
}

function derived(from: string): string {
  return hash('sha256', from).slice(0, 16);
}

const random = new RandomIdGenerator();
let next: string | undefined;

export const spanIds: IdGenerator = {
  generateTraceId: random.generateTraceId,
  generateSpanId: () => {
    const id = next ?? random.generateSpanId();
    next = undefined;
    return id;
  },
};

/** What `start` starts first gets this id. */
export function withSpanId<T>(id: string, start: () => T): T {
  next = id;
  try {
    return start();
  } finally {
    next = undefined;
  }
}
