// The side of `reliable-list` that claims and acks. It remembers the claims in hand, by which Redis tells a lost reply
// (adopted, yet not in hand: hand it out again) from work under way.

import { randomUUID } from 'node:crypto';
import { batched } from '../batch.ts';
import { closeRedis, openBlockingReader, openCommands } from '../connection.ts';
import { createHand } from '../hand.ts';
import { createPoll } from '../poll.ts';
import type { Acked, Claim, Consumer, OnAlert, QueueSettings } from '../queue.ts';
import { decodeAcks, decodeChanges, decodeClaims, decodeReaped } from '../record.ts';
import { runScript } from '../script.ts';
import type { PreparedScripts } from './scripts.ts';

/** Jobs a reap takes at most, so that one call never holds Redis up for long. */
const reapLimit = 100;
/** Results in one script. */
const ackBatch = 100;
/** How long the name of a dead worker is kept; far longer than any blocking pop of it can linger in a socket. */
const forgetMs = 600_000;

export function consumer(
  settings: QueueSettings,
  worker: string,
  scripts: PreparedScripts,
  onAlert?: OnAlert,
): Consumer {
  const { prefix, leaseMs, fenced } = settings;
  const redis = openCommands(settings.redis);
  const reader = settings.pollEveryMs === 0 ? openBlockingReader(settings.redis, redis) : undefined;
  const poll = createPoll(settings.pollEveryMs);
  const session = randomUUID();
  const hand = createHand();
  // Look before blocking: there may be more, or what an earlier reply lost lies in our own list. At first also because
  // a worker must be known (the adopt script registers it) before it pops, or nobody would look for that when it dies.
  let lookFirst = true;
  let leaseEndsInMs: number | undefined;
  const run = (script: keyof PreparedScripts, ...args: (string | number)[]) =>
    runScript(redis, scripts[script], prefix, args);

  async function adopt(max: number, take: boolean): Promise<Claim[]> {
    lookFirst = true;
    const claims = decodeClaims(
      await run('adopt', worker, session, leaseMs, max, take ? 1 : 0, ...hand.fences()),
    );
    lookFirst = claims.length >= max;
    for (const claim of claims) hand.take(claim);
    return claims;
  }

  const ack = batched(ackBatch, async (acks: { claim: Claim; result: string }[]): Promise<Acked[]> => {
    const args = acks.flatMap(({ claim: { id, fence }, result }) => [id, fence, result]);
    const replies = await run('ack', worker, settings.retentionMs, fenced ? 1 : 0, ...args);
    return decodeAcks(replies);
  });

  return {
    async claim(max, signal) {
      if (reader === undefined) return poll(() => adopt(max, true), signal);
      if (lookFirst) {
        const claims = await adopt(max, !signal.aborted);
        if (claims.length > 0) return claims;
      }
      if (signal.aborted) return [];
      const move = reader.wait(
        (blocking, seconds) =>
          blocking.blmove(`${prefix}queued`, `${prefix}processing:${worker}`, 'RIGHT', 'LEFT', seconds),
        signal,
      );
      const failed = await move.then(
        () => null,
        (error: unknown) => ({ error }),
      );
      // Whatever became of the move: what it moved lies in our list.
      const claims = await adopt(max, !signal.aborted);
      if (failed === null || claims.length > 0) return claims;
      lookFirst = true;
      throw failed.error;
    },

    async heartbeat() {
      const held = hand.claims();
      const ids = (await run('heartbeat', worker, leaseMs, ...hand.fences())) as string[];
      // Without the fence there is no telling whose a job is.
      return fenced ? hand.lose(held, new Set(ids)) : [];
    },

    async ack(claim, result) {
      const answer = await ack({ claim, result });
      hand.drop(claim);
      return answer;
    },

    async release(claim) {
      const reply = await run('release', claim.id, claim.fence, worker);
      hand.drop(claim);
      return decodeChanges(reply)[0] ?? null;
    },

    async reap() {
      const reply = await run('reap', leaseMs, settings.maxAttempts, reapLimit, forgetMs);
      const [changes, returned, endsInMs] = reply as [unknown, string[], number];
      leaseEndsInMs = endsInMs < 0 ? undefined : endsInMs;
      for (let i = 0; i < returned.length; i += 2) {
        onAlert?.({ kind: 'never-claimed', job: returned[i]!, worker: returned[i + 1]! });
      }
      return decodeReaped(changes);
    },

    leaseEndsInMs: () => leaseEndsInMs,

    async close() {
      await Promise.all([reader?.close(), closeRedis(redis)]);
    },
  };
}
