// Writers of numbered keys and lists: several connections, pipelined and not. In rounds: they write until Redis ends, and
// once it is back everything that is left is read. What was acknowledged and when goes into the history: ops `write`,
// `snapshot` and `survey`, observations `round` and `snapshot-finished`. Which end Redis meets is the nemesis' business.

import type { Redis } from 'ioredis';
import type { Steady, Workload, WorkloadArena } from '../claim.ts';
import { following, isHeal } from '../follow.ts';
import { outcomeOf } from '../outcome.ts';
import type { Random } from '../random.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { keyOf, textOf, type Writer } from './numbered.ts';
import { openOnce } from './redis-client.ts';
import { type Surveyed, survey } from './survey.ts';

export interface WritesOptions {
  /** As many as the nemesis has faults. */
  rounds: number;
  /** Of all writers together. @default 1600 */
  ratePerSecond?: number;
  /** BGSAVE so long after each round began, drawn between least and most. @default none */
  snapshotAfterMs?: readonly [least: number, most: number];
}

const writers: readonly Writer[] = (['key', 'list', 'key', 'list'] as const).map((structure, index) => ({
  index,
  structure,
  depth: index < 2 ? 1 : 16,
}));

/** The logical process of all that is seen alongside; ops have numbers from 0. */
const observer = -1;
const steadyWrites = 16;
const healDeadlineMs = 60_000;

export function writes(random: Random, options: WritesOptions): Workload {
  const { rounds, ratePerSecond = 1600, snapshotAfterMs } = options;
  const draw = random.fork('writes');
  const snapshots = snapshotAfterMs && Array.from({ length: rounds }, () => draw.int(...snapshotAfterMs));
  const next = writers.map(() => 0);
  const open = new Set<Redis>();

  const connect = async ({ target }: WorkloadArena, name: string): Promise<Redis> => {
    const redis = await openOnce(target.redisUrl, name);
    open.add(redis);
    return redis;
  };
  const writeOne = async ({ history, target }: WorkloadArena, redis: Redis, writer: Writer) => {
    const n = next[writer.index]!++;
    const op = history.invoke('write', { writer: writer.index, n });
    try {
      const key = keyOf(target.prefix, writer, n);
      await (writer.structure === 'key' ? redis.set(key, textOf(n)) : redis.rpush(key, textOf(n)));
      op.complete('ok', { writer: writer.index, n });
    } catch (error) {
      const code = codeOf(error as Error);
      op.complete(outcomeOf(code), { writer: writer.index, n }, code);
    }
  };
  const batch = (arena: WorkloadArena, redis: Redis, writer: Writer, count: number) =>
    Promise.all(Array.from({ length: count }, () => writeOne(arena, redis, writer)));

  /** Writes by its schedule until the connection ends, or `over` says so. */
  const writeOn = async (arena: WorkloadArena, redis: Redis, writer: Writer, over: () => boolean) => {
    const { history, signal } = arena;
    const everyMs = (writer.depth * writers.length * 1000) / ratePerSecond;
    const began = history.now();
    for (let turn = 0; redis.status === 'ready' && !over(); turn++) {
      await batch(arena, redis, writer, writer.depth);
      await sleepUntil(began + (turn + 1) * everyMs, history.now, signal);
    }
  };

  const readBack = async (arena: WorkloadArena, round: number | 'steady'): Promise<Surveyed> => {
    const { history, target } = arena;
    const redis = await connect(arena, 'reader');
    const op = history.invoke('survey', { round });
    const seen = await survey(redis, target.prefix, writers);
    op.complete('ok', { round, ...seen });
    redis.disconnect();
    return seen;
  };

  const round = async (arena: WorkloadArena, index: number, healed: () => boolean): Promise<void> => {
    const { history, signal } = arena;
    const clients = await Promise.all(writers.map(({ index: w }) => connect(arena, `writer-${w}`)));
    history.observe(observer, 'round', { round: index });
    await Promise.all([
      ...writers.map((writer, at) => writeOn(arena, clients[at]!, writer, healed)),
      snapshots && takeSnapshot(arena, await connect(arena, 'snapshots'), index, snapshots[index]!),
    ]);
    await waitUntil(healed, { what: `fault ${index + 1} to heal`, deadlineMs: healDeadlineMs, signal });
    for (const client of clients) client.disconnect();
    await readBack(arena, index);
  };

  return {
    plan: { writers, rounds, ratePerSecond, snapshots: snapshots ?? null },
    steady: async (arena): Promise<Steady> => {
      const client = await connect(arena, 'steady');
      for (const writer of writers) await batch(arena, client, writer, steadyWrites);
      client.disconnect();
      const { present } = await readBack(arena, 'steady');
      const missing = writers.filter(({ index }) => present[index]?.[0]?.[1] !== steadyWrites - 1);
      if (missing.length === 0) return { passed: true };
      return {
        passed: false,
        why: `${missing.length} of ${writers.length} writers do not find what they wrote`,
      };
    },
    load: async (arena) => {
      const heals = following(arena.history.events, isHeal);
      for (let index = 0; index < rounds; index++) await round(arena, index, () => heals().length > index);
    },
    close: async () => {
      for (const redis of open) redis.disconnect();
    },
  };
}

/** An op `snapshot` whose two ends stand around the fork, and an observation once it is on disk. */
async function takeSnapshot(
  { history, signal }: WorkloadArena,
  redis: Redis,
  round: number,
  afterMs: number,
): Promise<void> {
  await sleepUntil(history.now() + afterMs, history.now, signal);
  const op = history.invoke('snapshot', { round });
  try {
    await redis.bgsave();
  } catch (error) {
    op.complete('info', { round }, codeOf(error as Error));
    return redis.disconnect();
  }
  op.complete('ok', { round });
  const field = async (name: string) =>
    new RegExp(`${name}:(\\w+)`).exec(await redis.info('persistence'))?.[1];
  try {
    const done = async () => (await field('rdb_bgsave_in_progress')) === '0';
    await waitUntil(done, { what: 'BGSAVE to end', deadlineMs: 20_000, signal });
    history.observe(observer, 'snapshot-finished', { round, status: await field('rdb_last_bgsave_status') });
  } catch {
    signal.throwIfAborted(); // else Redis ended before the snapshot did, and it counts for nothing
  } finally {
    redis.disconnect();
  }
}

function codeOf(error: Error): string {
  return error.name === 'ReplyError' ? `redis/${error.message.split(' ')[0]}` : error.message;
}
