// The interface of a queue adapter, and its words.
//
//   job        an id and a payload; the queue reads neither
//   record     what the queue knows of a job: state, attempts, owner, result
//   claim      one delivery of a job to one worker, with a fence
//   lease      how long a claim lasts without a heartbeat
//   fence      a number that rises with each change of hands; only the newest may record a result
//   reap       to take a job whose lease ran out from its owner: back to the queue, or to the dead letters
//   redrive    to queue a dead letter again, with its attempts back at 0
//
// Every call rejects when Redis cannot be reached; none hangs. Every call may be repeated when its reply was lost:
// the second does nothing that the first did not.

import type { JobState } from '../contract.ts';
import type { RedisSettings } from '../redis.ts';

/** What the adapter promises when processes die: at most one execution, or at least one with one recorded result. */
export type Contract = 'at-most-once' | 'at-least-once' | 'effectively-once';

export interface Job {
  id: string;
  payload: string;
  /** Of whoever enqueued it, a W3C `traceparent`: kept with the job and handed on, never read. */
  trace?: string;
}

/** Times are Redis' clock, in ms since 1970. `version` rises by one with each change. `result` is there once done. */
export interface JobRecord extends Job {
  state: JobState;
  version: number;
  fence: number;
  attempts: number;
  owner?: string;
  enqueuedAtMs: number;
  startedAtMs?: number;
  finishedAtMs?: number;
  result?: string;
}

/**
 * `accepted`: the job is in the queue. `known`: it was there before, with the same payload; nothing changed.
 * `conflict`: it was there with another payload. `full`: refused, the queue is at its cap.
 */
export type Enqueued =
  | { outcome: 'accepted' | 'known' | 'conflict'; record: JobRecord }
  | { outcome: 'full'; queued: number; cap: number };

export interface Claim extends Job {
  fence: number;
  /** 1 for the first delivery. */
  attempt: number;
  version: number;
  /** As in the record, if the queue tells it. */
  enqueuedAtMs?: number;
}

/** A change of a job's state that the caller should publish. */
export interface JobChange {
  id: string;
  state: JobState;
  version: number;
  attempts: number;
}

/** A job that was taken from its owner; `version` is that of the lost claim and one. */
export interface Reaped extends JobChange {
  trace?: string;
  /** Since when its owner had it, or was last heard of: Redis' clock, in ms since 1970. */
  heldSinceMs?: number;
}

/** `acked`: this call recorded the result. `already`: an earlier one with this fence did. `stale`: refused by the fence. */
export type Acked = { outcome: 'acked' | 'already'; version: number } | { outcome: 'stale' };

export interface QueueSettings {
  redis: RedisSettings;
  /** All keys begin with it. */
  prefix: string;
  leaseMs: number;
  /** Deliveries before a job goes to the dead letters; 0: no limit (a control). */
  maxAttempts: number;
  /** The most jobs that may wait; 0: no cap (a control). */
  cap: number;
  /** false switches the fence off (a control): anyone may record a result at any time. */
  fenced: boolean;
  /** 0: block until there is a job. Otherwise look every so often instead (a control). */
  pollEveryMs: number;
  /** How long the record of a finished job is kept. */
  retentionMs: number;
}

/** The side that enqueues and reads. */
export interface Producer {
  enqueue(job: Job): Promise<Enqueued>;
  get(id: string): Promise<JobRecord | null>;
  /** How many jobs are in each state now; `done` counts all that were ever done. */
  counts(): Promise<Record<JobState, number>>;
  /** When the job that waits longest was enqueued, in ms since 1970; null: none waits. */
  oldestWaitingAtMs?(): Promise<number | null>;
  /** Oldest first, at most `limit`. */
  deadLetters(limit: number): Promise<JobRecord[]>;
  /** The change, or null if the job is not a dead letter. */
  redrive(id: string): Promise<JobChange | null>;
  /** Rejects when Redis does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The side that claims and acks: one for each worker process. It remembers which claims are in hand. */
export interface Consumer {
  /**
   * At most `max` claims. Waits for the first one, but not for ever (about a second): an empty array means "ask again".
   * Returns early, with what it has, when the signal aborts; nothing is popped and forgotten then.
   * One call at a time.
   */
  claim(max: number, signal: AbortSignal): Promise<Claim[]>;
  /** Renews the leases of all claims in hand and says that this worker lives. Returns those that were lost. */
  heartbeat(): Promise<Claim[]>;
  /** Records the result. The claim is in hand until this resolves; when it rejects, call again. */
  ack(claim: Claim, result: string): Promise<Acked>;
  /** Gives a claim back unfinished, ahead of the others. Null if it was no longer ours. */
  release(claim: Claim): Promise<JobChange | null>;
  /** Takes what dead or sleeping workers held. Any worker may call it at any time. */
  reap(): Promise<Reaped[]>;
  /** From the last reap, ms until the first lease ends that nobody renews: a worker reaps again then, before its turn. */
  leaseEndsInMs?(): number | undefined;
  close(): Promise<void>;
}

/** What not every queue has: a bound on what waits, dead letters. */
export type Capability = 'cap' | 'dead-letters';

/** What a module under `services/shared/queue/`, or a user's own file, exports as `default`. */
export interface QueueAdapter {
  name: string;
  contract: Contract;
  /** What it cannot do by its nature, and why, in a sentence: claims about that are skipped, and say so. */
  lacks?: Partial<Record<Capability, string>>;
  /** Connects in the background; the first calls reject until Redis is reached. */
  producer(settings: QueueSettings): Producer;
  /** `worker` is unique among the living. */
  consumer(settings: QueueSettings, worker: string, onAlert?: OnAlert): Consumer;
}

/**
 * What no call answers. `entry-trimmed`: an unfinished job's entry was deleted from a stream by somebody else.
 * `never-claimed`: a reap gave a job back that `worker` had popped and, since it died in between, not claimed.
 */
export type QueueAlert =
  | { kind: 'entry-trimmed'; detail: string }
  | { kind: 'never-claimed'; job: string; worker: string };
export type OnAlert = (alert: QueueAlert) => void;
