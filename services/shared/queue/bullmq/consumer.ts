// The side of `bullmq` that claims and acks.

import { Job, UnrecoverableError, Worker } from 'bullmq';
import { openBlockingReader } from '../connection.ts';
import { createPoll } from '../poll.ts';
import type { Acked, Claim, Consumer, QueueSettings, Reaped } from '../queue.ts';
import { connected, queueName } from './connect.ts';
import { attemptsOf, type BullJob, type Data, type Returned, stateOf, traceOf, versionOf } from './record.ts';

/** Codes of BullMQ's scripts that say: this claim is not (or no longer) yours. */
const notYours = new Set<unknown>([-1, -2, -3, -6]);

interface Held {
  claim: Claim;
  job: BullJob;
  token: string;
  /** Its ack is under way, so that its lock may be gone for a good reason. */
  acking: boolean;
}

export function consumer(settings: QueueSettings, name: string): Consumer {
  const { prefix, leaseMs, maxAttempts } = settings;
  const stalled: string[] = [];
  const worker = connected(settings.redis, (connection) => {
    const one = new Worker<Data, Returned, 'job'>(queueName, null, {
      connection,
      prefix,
      name,
      autorun: false,
      lockDuration: leaseMs,
      stalledInterval: Math.ceil(leaseMs / 4),
      // A job is dead when it stalled once more often than this; without a limit BullMQ wants a number all the same.
      maxStalledCount: maxAttempts === 0 ? 1_000_000 : maxAttempts - 1,
    });
    one.on('stalled', (id) => stalled.push(id));
    // Not awaited: it looks for the first time when Redis is there, and from then on by itself.
    one.startStalledCheckTimer().catch(() => {});
    return one;
  });
  const reader = settings.pollEveryMs === 0 ? openBlockingReader(settings.redis, worker.redis) : undefined;
  const poll = createPoll(settings.pollEveryMs);
  const held = new Map<string, Held>();
  /** Dead letters that a claim came upon. */
  const died: Reaped[] = [];
  let claims = 0;

  const keyOf = ({ id, fence }: Claim) => `${id} ${fence}`;

  /** A job that has stalled too often is handed out once more, to be failed by who gets it. */
  async function bury(job: BullJob, reason: string, token: string): Promise<void> {
    await job.moveToFailed(new UnrecoverableError(reason), token, false);
    died.push({
      id: String(job.id),
      state: 'dead',
      version: versionOf(job, 'dead'),
      attempts: attemptsOf(job, 'dead'),
      ...traceOf(job),
    });
  }

  async function take(max: number): Promise<Claim[]> {
    const bull = await worker.get();
    const taken: Claim[] = [];
    while (taken.length < max) {
      const token = `${name}:${++claims}`;
      const job: BullJob | undefined = await bull.getNextJob(token, { block: false }).catch((error) => {
        if (taken.length > 0) return undefined;
        throw error;
      });
      if (job === undefined) break;
      if (job.deferredFailure !== undefined) {
        await bury(job, job.deferredFailure, token);
        continue;
      }
      const claim: Claim = {
        id: String(job.id),
        payload: job.data.payload,
        fence: job.attemptsStarted,
        attempt: job.attemptsStarted,
        version: versionOf(job, 'running'),
        enqueuedAtMs: job.timestamp,
        ...traceOf(job),
      };
      held.set(keyOf(claim), { claim, job, token, acking: false });
      taken.push(claim);
    }
    return taken;
  }

  /** Whether the job was completed by this very claim, of which the reply was lost. */
  async function recordedBy(token: string, job: BullJob): Promise<Acked> {
    const bull = await worker.get();
    const now = await Job.fromId<Data, Returned, 'job'>(bull, String(job.id));
    return now?.returnvalue?.token === token
      ? { outcome: 'already', version: versionOf(now, 'done') }
      : { outcome: 'stale' };
  }

  return {
    async claim(max, signal) {
      if (signal.aborted) return [];
      if (reader === undefined) return poll(() => take(max), signal);
      const claims = await take(max);
      if (claims.length > 0 || signal.aborted) return claims;
      // What BullMQ's own workers block on: the marker says that there may be something.
      await reader.wait(
        (blocking, seconds) => blocking.bzpopmin(`${prefix}:${queueName}:marker`, seconds),
        signal,
      );
      return signal.aborted ? [] : take(max);
    },

    async heartbeat() {
      const before = [...held.values()];
      const bull = await worker.get();
      if (before.length === 0) return [];
      const ids = before.map(({ job }) => String(job.id));
      const tokens = before.map(({ token }) => token);
      const failed = new Set(await bull.extendJobLocks(ids, tokens, leaseMs));
      const lost = before.filter(
        ({ claim, acking }) => failed.has(claim.id) && !acking && held.has(keyOf(claim)),
      );
      for (const { claim } of lost) held.delete(keyOf(claim));
      return lost.map(({ claim }) => claim);
    },

    async ack(claim, result) {
      const mine = held.get(keyOf(claim));
      if (mine === undefined) return { outcome: 'stale' };
      const { job, token } = mine;
      mine.acking = true;
      await worker.get();
      let answer: Acked = { outcome: 'acked', version: versionOf(job, 'done') };
      try {
        await job.moveToCompleted({ result, token }, token, false);
      } catch (error) {
        if (!notYours.has((error as { code?: unknown }).code)) throw error;
        answer = await recordedBy(token, job);
      }
      held.delete(keyOf(claim));
      return answer;
    },

    async release(claim) {
      const mine = held.get(keyOf(claim));
      if (mine === undefined) return null;
      const { job, token } = mine;
      await worker.get();
      try {
        await job.moveToWait(token);
      } catch (error) {
        if (!notYours.has((error as { code?: unknown }).code)) throw error;
        held.delete(keyOf(claim));
        return null;
      }
      held.delete(keyOf(claim));
      return {
        id: claim.id,
        state: 'queued',
        version: versionOf(job, 'queued'),
        attempts: job.attemptsStarted,
      };
    },

    /** BullMQ looks for stalled jobs by itself; this tells what it found since. */
    async reap() {
      const bull = await worker.get();
      const changes = died.splice(0);
      for (const id of stalled.splice(0)) {
        const job = await Job.fromId<Data, Returned, 'job'>(bull, id);
        if (job === undefined) continue;
        const state = stateOf(await job.getState());
        // If it is running again by now, its new owner says so.
        if (state === 'queued') {
          changes.push({
            id,
            state,
            version: versionOf(job, state),
            attempts: job.attemptsStarted,
            ...traceOf(job),
            ...(job.processedOn !== undefined && { heldSinceMs: job.processedOn }),
          });
        }
      }
      return changes;
    },

    async close() {
      await Promise.all([reader?.close(), worker.close()]);
    },
  };
}
