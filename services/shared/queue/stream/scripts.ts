// The transitions of `stream`, one Lua script each: one for a claim, one to finish, both for many jobs at once.

import { readScript, type Script } from '../script.ts';

/** Every script gets the key prefix as KEYS[1]. */
export interface Scripts {
  /** ARGV cap, (id, payload, trace)* → (['accepted', enqueuedAtMs] | ['known' | 'conflict', hash] | ['full', queued])* */
  enqueue: string;
  /** ARGV id → (name, value)* of the record */
  get: string;
  /** ARGV worker, max, recover, id* in hand → [(id, payload, fence, attempt, version, enqueuedAtMs, trace)*, last id, last of the bell] */
  claim: string;
  /** ARGV worker, retentionMs, fenced ('1' | '0'), (id, fence, startedAtMs, result)* → ('acked' | 'already' | 'stale', version)* */
  finish: string;
  /** ARGV worker, (id, fence)* in hand → [ids that were lost, entries that were trimmed] */
  heartbeat: string;
  /** ARGV leaseMs, maxAttempts, limit, forgetMs → [(id, state, version, attempts, trace, heldSinceMs)*, trimmed entries, unread and gone, ms to the next lease's end] */
  reap: string;
  /** ARGV id, fence → [id, state, version, attempts] | [] */
  release: string;
  /** ARGV id → [id, state, version, attempts] | [] */
  redrive: string;
  /** → [queued, running, done, dead] */
  counts: string;
  /** → enqueuedAtMs of what waits longest, or null */
  oldest: string;
}

const read = (...paths: string[]) => readScript('./stream/stream.lua', ...paths);

export const scripts: Readonly<Scripts> = Object.freeze({
  enqueue: read('./record/enqueue.lua'),
  get: read('./stream/get.lua'),
  claim: read('./stream/claim.lua'),
  finish: read('./stream/finish.lua'),
  heartbeat: read('./stream/heartbeat.lua'),
  reap: read('./record/grace.lua', './stream/reap.lua'),
  release: read('./stream/release.lua'),
  redrive: read('./stream/redrive.lua'),
  counts: read('./stream/counts.lua'),
  oldest: read('./stream/oldest.lua'),
});

export type PreparedScripts = Record<keyof Scripts, Script>;
