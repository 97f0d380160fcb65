// The transitions of `reliable-list`, one Lua script each. Every script gets the key prefix as KEYS[1]; what it takes
// as ARGV and what it answers is said here and in its file.

import { readScript, type Script } from '../script.ts';

/** All texts include the prelude (`prefix`, `job(id)`, `now()`), so a variant can be made by replacing a line of one. */
export interface Scripts {
  /** ARGV cap, (id, payload, trace)* → (['accepted', enqueuedAtMs] | ['known' | 'conflict', hash] | ['full', queued])* */
  enqueue: string;
  /** ARGV worker, session, leaseMs, max, take, (id, fence)* in hand → (id, payload, fence, attempt, version, enqueuedAtMs, trace)* */
  adopt: string;
  /** ARGV worker, retentionMs, fenced ('1' | '0'), (id, fence, result)* → ('acked' | 'already' | 'stale', version)* */
  ack: string;
  /** ARGV worker, leaseMs, (id, fence)* in hand → ids that were lost */
  heartbeat: string;
  /** ARGV leaseMs, maxAttempts, limit, forgetMs → [(id, state, version, attempts, trace, heldSinceMs)*, (id, worker)*, ms to the next lease's end] */
  reap: string;
  /** ARGV id, fence, worker → [id, state, version, attempts] | [] */
  release: string;
  /** ARGV id → [id, state, version, attempts] | [] */
  redrive: string;
  /** → [queued, running, done, dead] */
  counts: string;
  /** → enqueuedAtMs of what waits longest, or null */
  oldest: string;
}

export const scripts: Readonly<Scripts> = Object.freeze({
  enqueue: readScript('./record/push-to-list.lua', './record/enqueue.lua'),
  adopt: readScript('./reliable-list/adopt.lua'),
  ack: readScript('./reliable-list/ack.lua'),
  heartbeat: readScript('./reliable-list/heartbeat.lua'),
  reap: readScript('./record/grace.lua', './reliable-list/reap.lua'),
  release: readScript('./reliable-list/release.lua'),
  redrive: readScript('./reliable-list/redrive.lua'),
  counts: readScript('./reliable-list/counts.lua'),
  oldest: readScript('./record/oldest.lua'),
});

export type PreparedScripts = Record<keyof Scripts, Script>;
