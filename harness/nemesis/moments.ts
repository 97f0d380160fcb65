// Semantic moments for the end of Redis: in the middle of a save, of a rewrite, of an fsync, or between two fsyncs. INFO
// says when.

import { Redis } from 'ioredis';
import type { NemesisArena } from '../claim.ts';
import { sleepUntil, waitUntil } from '../wait.ts';

/** Resolves at the moment, with what shows it. @param draw from 0 to 1: how far it has got by then */
export type Moment = (arena: NemesisArena, draw: number) => Promise<Record<string, unknown>>;

/** Makes a save of a few thousand keys take long enough to be hit: µs for each key (a setting that Redis has for tests). */
const keyDelayUs = 250;
const deadlineMs = 15_000;

/** A BGSAVE is under way, so far advanced as was drawn. */
export const duringSave: Moment = (arena, draw) =>
  midway(arena, draw, 'rdb_bgsave_in_progress', (redis) => redis.bgsave());

/** A BGREWRITEAOF is under way, so far advanced as was drawn. */
export const duringRewrite: Moment = (arena, draw) =>
  midway(arena, draw, 'aof_rewrite_in_progress', (redis) => redis.bgrewriteaof());

/**
 * A background fsync of the AOF is under way. With everysec Redis holds back meanwhile what is written, in its own memory,
 * and acknowledges it all the same.
 */
export const duringFsync: Moment = (arena) => fsyncMoment(arena, (untilPending) => untilPending(true));

/** An fsync has just ended, so the next one is most of a second away: nothing is held back. */
export const betweenFsyncs: Moment = (arena) =>
  fsyncMoment(arena, async (untilPending) => {
    await untilPending(true);
    await untilPending(false);
    await sleepUntil(arena.history.now() + afterFsyncMs, arena.history.now, arena.signal);
  });

const afterFsyncMs = 150;

async function fsyncMoment(
  { target, history, signal }: NemesisArena,
  wait: (untilPending: (pending: boolean) => Promise<unknown>) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const redis = new Redis(target.redisUrl, { retryStrategy: () => null });
  redis.on('error', () => {});
  const beganMs = history.now();
  const pending = async () => /^aof_pending_bio_fsync:[1-9]/m.test(await redis.info('persistence'));
  try {
    await wait((wanted) =>
      waitUntil(async () => (await pending()) === wanted, {
        what: `aof_pending_bio_fsync to be ${wanted ? 1 : 0}`,
        deadlineMs,
        everyMs: 0,
        signal,
      }),
    );
    return { fsyncUnderWay: await pending(), waitedMs: Math.round(history.now() - beganMs) };
  } finally {
    redis.disconnect();
  }
}

async function midway(
  { target, history, signal }: NemesisArena,
  draw: number,
  flag: string,
  begin: (redis: Redis) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const redis = new Redis(target.redisUrl, { retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    const running = async (name: string) =>
      new RegExp(`^${name}:1`, 'm').test(await redis.info('persistence'));
    const idle = async () =>
      !(await running('rdb_bgsave_in_progress')) && !(await running('aof_rewrite_in_progress'));
    await waitUntil(idle, { what: 'no other save to be under way', deadlineMs, signal });
    await redis.config('SET', 'rdb-key-save-delay', keyDelayUs);
    const keys = await redis.dbsize();
    await begin(redis);
    await waitUntil(() => running(flag), { what: `${flag} to be 1`, deadlineMs, everyMs: 1, signal });
    const beganMs = history.now();
    // It takes at least this long; INFO tells how many keys are saved only once a second.
    const lastsMs = (keys * keyDelayUs) / 1000;
    await sleepUntil(beganMs + draw * 0.9 * lastsMs, history.now, signal);
    const inProgress = await running(flag);
    if (!inProgress)
      throw new Error(
        `${flag} was over before the moment came, though ${keys} keys should take ${lastsMs} ms`,
      );
    return { [flag]: 1, keys, afterMs: Math.round(history.now() - beganMs), ofAboutMs: Math.round(lastsMs) };
  } finally {
    redis.disconnect();
  }
}
