// What the scripts answer, as the queue's own types. No I/O.

import type { JobState } from '../contract.ts';
import type { Acked, Claim, Enqueued, Job, JobChange, JobRecord, Reaped } from './queue.ts';

type Flat = (string | number)[];

/** The record in a job's hash; null if there is none. */
export function decodeRecord(id: string, fields: Record<string, string>): JobRecord | null {
  if (fields.state === undefined) return null;
  return {
    id,
    payload: fields.payload ?? '',
    state: fields.state as JobState,
    version: Number(fields.version),
    fence: Number(fields.fence),
    attempts: Number(fields.attempts),
    enqueuedAtMs: Number(fields.enqueuedAtMs),
    ...(fields.trace !== undefined && { trace: fields.trace }),
    ...(fields.owner !== undefined && { owner: fields.owner }),
    ...(fields.startedAtMs !== undefined && { startedAtMs: Number(fields.startedAtMs) }),
    ...(fields.finishedAtMs !== undefined && { finishedAtMs: Number(fields.finishedAtMs) }),
    ...(fields.result !== undefined && { result: fields.result }),
  };
}

/** The same from a flat list of names and values, as scripts answer it. */
export function decodeFlatRecord(id: string, flat: unknown): JobRecord | null {
  return decodeRecord(id, Object.fromEntries(inGroups(flat as string[], 2)) as Record<string, string>);
}

/** What record/enqueue.lua answers for one job. */
export function decodeEnqueued(job: Job, cap: number, reply: unknown): Enqueued {
  const answer = reply as ['accepted' | 'full', number] | ['known' | 'conflict', string[]];
  switch (answer[0]) {
    case 'full':
      return { outcome: 'full', queued: answer[1], cap };
    case 'accepted': {
      const fresh = { state: 'queued', version: 1, fence: 0, attempts: 0, enqueuedAtMs: answer[1] } as const;
      return { outcome: 'accepted', record: { ...job, ...fresh } };
    }
    default: {
      return { outcome: answer[0], record: decodeFlatRecord(job.id, answer[1]) as JobRecord };
    }
  }
}

/** A flat list of id, payload, fence, attempt, version, enqueuedAtMs, trace ('' for none). */
export function decodeClaims(reply: unknown): Claim[] {
  const flat = reply as Flat;
  const claims: Claim[] = [];
  for (let i = 0; i < flat.length; i += 7) {
    claims.push({
      id: String(flat[i]),
      payload: String(flat[i + 1]),
      fence: Number(flat[i + 2]),
      attempt: Number(flat[i + 3]),
      version: Number(flat[i + 4]),
      enqueuedAtMs: Number(flat[i + 5]),
      ...(flat[i + 6] !== '' && { trace: String(flat[i + 6]) }),
    });
  }
  return claims;
}

/** A flat list of id, state, version, attempts. */
export function decodeChanges(reply: unknown): JobChange[] {
  return inGroups(reply as Flat, 4).map(([id, state, version, attempts]) => ({
    id: String(id),
    state: state as JobState,
    version: Number(version),
    attempts: Number(attempts),
  }));
}

/** A flat list of id, state, version, attempts, trace ('' for none), heldSinceMs. */
export function decodeReaped(reply: unknown): Reaped[] {
  return inGroups(reply as Flat, 6).map((group) => ({
    ...decodeChanges(group.slice(0, 4))[0]!,
    ...(group[4] !== '' && { trace: String(group[4]) }),
    heldSinceMs: Number(group[5]),
  }));
}

export function decodeAcked(reply: unknown): Acked {
  const [outcome, version] = reply as ['acked' | 'already', number] | ['stale'];
  return outcome === 'stale' ? { outcome } : { outcome, version: Number(version) };
}

/** A flat list of outcome, version. */
export function decodeAcks(reply: unknown): Acked[] {
  const flat = reply as string[];
  const acks: Acked[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const outcome = flat[i] as Acked['outcome'];
    acks.push(outcome === 'stale' ? { outcome } : { outcome, version: Number(flat[i + 1]) });
  }
  return acks;
}

export function decodeCounts(reply: unknown): Record<JobState, number> {
  const [queued, running, done, dead] = reply as [number, number, number, number];
  return { queued, running, done, dead };
}

function inGroups<T>(flat: T[], size: number): T[][] {
  return Array.from({ length: flat.length / size }, (_, i) => flat.slice(i * size, (i + 1) * size));
}
