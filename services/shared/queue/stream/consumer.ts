// The side of `stream` that claims and acks. A claim is one script, and waiting for something to claim takes nothing:
// so there is no half of a claim that could be lost, and an aborted wait forgets no job.

import { batched } from '../batch.ts';
import { closeRedis, openBlockingReader, openCommands } from '../connection.ts';
import { createHand } from '../hand.ts';
import { createPoll } from '../poll.ts';
import type { Acked, Claim, Consumer, OnAlert, QueueSettings } from '../queue.ts';
import { decodeAcks, decodeChanges, decodeClaims, decodeReaped } from '../record.ts';
import { runScript } from '../script.ts';
import type { PreparedScripts } from './scripts.ts';

/** Jobs a reap takes at most, and results in one script, so that one call never holds Redis up for long. */
const reapLimit = 100;
const finishBatch = 200;
/** How long the name of a worker without any entry is kept. */
const forgetMs = 600_000;

export function consumer(
  settings: QueueSettings,
  worker: string,
  scripts: PreparedScripts,
  onAlert: OnAlert = () => {},
): Consumer {
  const { prefix, leaseMs, fenced } = settings;
  const redis = openCommands(settings.redis);
  const reader = settings.pollEveryMs === 0 ? openBlockingReader(settings.redis, redis) : undefined;
  const poll = createPoll(settings.pollEveryMs);
  const hand = createHand();
  const startedAtMs = new WeakMap<Claim, number>();
  // What a lost reply handed out is pending for us, and unknown to us.
  let recover = false;
  // Where the stream and the bell ended when there was nothing to claim.
  let seen: string[] = [];
  let trimmedUnread = 0;
  let leaseEndsInMs: number | undefined;
  const run = (script: keyof PreparedScripts, ...args: (string | number)[]) =>
    runScript(redis, scripts[script], prefix, args);

  async function take(max: number): Promise<Claim[]> {
    const inHand = recover ? hand.claims().map(({ id }) => id) : [];
    const recovering = recover;
    recover = true;
    const [flat, ...last] = (await run('claim', worker, max, recovering ? 1 : 0, ...inHand)) as [
      unknown,
      string,
      string,
    ];
    const claims = decodeClaims(flat);
    const nowMs = Date.now();
    for (const claim of claims) {
      hand.take(claim);
      startedAtMs.set(claim, nowMs);
    }
    recover = recovering && claims.length >= max;
    seen = last;
    return claims;
  }

  const ack = batched(finishBatch, async (acks: { claim: Claim; result: string }[]): Promise<Acked[]> => {
    const args = acks.flatMap(({ claim, result }) => [
      claim.id,
      claim.fence,
      startedAtMs.get(claim) ?? 0,
      result,
    ]);
    const replies = await run('finish', worker, settings.retentionMs, fenced ? 1 : 0, ...args);
    return decodeAcks(replies);
  });

  const alertTrimmed = (entries: string[]) => {
    for (const entry of entries) {
      onAlert({ kind: 'entry-trimmed', detail: `entry ${entry} was trimmed while its job was unfinished` });
    }
  };

  return {
    async claim(max, signal) {
      if (signal.aborted) return [];
      if (reader === undefined) return poll(() => take(max), signal);
      const claims = await take(max);
      if (claims.length > 0 || signal.aborted) return claims;
      const keys = [`${prefix}stream`, `${prefix}bell`];
      await reader.wait(
        (blocking, seconds) =>
          blocking.xread('COUNT', 1, 'BLOCK', seconds * 1000, 'STREAMS', ...keys, ...seen),
        signal,
      );
      return signal.aborted ? [] : take(max);
    },

    async heartbeat() {
      const held = hand.claims();
      const [ids, trimmed] = (await run('heartbeat', worker, ...hand.fences())) as [string[], string[]];
      alertTrimmed(trimmed);
      // Without the fence there is no telling whose a job is.
      return fenced ? hand.lose(held, new Set(ids)) : [];
    },

    async ack(claim, result) {
      const answer = await ack({ claim, result });
      hand.drop(claim);
      return answer;
    },

    async release(claim) {
      const reply = await run('release', claim.id, claim.fence);
      hand.drop(claim);
      return decodeChanges(reply)[0] ?? null;
    },

    async reap() {
      const reply = await run('reap', leaseMs, settings.maxAttempts, reapLimit, forgetMs);
      const [changes, trimmed, unread, endsInMs] = reply as [unknown, string[], number, number];
      leaseEndsInMs = endsInMs < 0 ? undefined : endsInMs;
      alertTrimmed(trimmed);
      if (unread > trimmedUnread) {
        const detail = `${unread - trimmedUnread} entries were trimmed before anyone had claimed them`;
        onAlert({ kind: 'entry-trimmed', detail });
      }
      trimmedUnread = unread;
      return decodeReaped(changes);
    },

    leaseEndsInMs: () => leaseEndsInMs,

    async close() {
      await Promise.all([reader?.close(), closeRedis(redis)]);
    },
  };
}
