// What happens to Redis' files while it is down: a record torn at the end, a byte flipped in the middle, a half-written
// snapshot in the place of the whole one, increments that are gone. Each says what it did; some can be repaired.

import { copyFileSync, readdirSync, renameSync, statSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { corruptMiddle, lastIncrement, manifestOf, tearTail } from '../system/append-only-file.ts';
import type { RedisServer } from '../system/redis-server.ts';

export interface Damaged {
  proof: Record<string, unknown>;
  /** The files are as Redis left them. */
  harmless?: boolean;
  /** Makes Redis start again if it did not. Resolves with what it did. */
  repair?(redis: RedisServer): Promise<unknown>;
}

/** @param draw from 0 to 1, from the plan */
export type Damage = (redisDir: string, draw: number) => Promise<Damaged>;

/** The last record of the last increment is cut short. */
export const tornTail: Damage = async (redisDir, draw) => {
  const file = lastIncrement(redisDir);
  const { record, cutAtBytes } = tearTail(file, draw);
  const { words, startBytes, endBytes } = record;
  const torn = { file: basename(file), record: words, startBytes, endBytes, cutAtBytes };
  return { proof: { torn, bytesAfter: statSync(file).size } };
};

/** A record in the middle of the last increment no longer begins like one. */
export const corruptedMiddle: Damage = async (redisDir, draw) => {
  const file = lastIncrement(redisDir);
  const { record, number, of } = corruptMiddle(file, draw);
  const corrupted = { file: basename(file), record: record.words, atBytes: record.startBytes, number, of };
  return { proof: { corrupted }, repair: repairAof };
};

/** What an administrator would do to an AOF that Redis refuses: everything from the damage on is cut off. */
export async function repairAof(redis: RedisServer): Promise<unknown> {
  const file = lastIncrement(redis.dir);
  const bytesBefore = statSync(file).size;
  await redis.tool('redis-check-aof', ['--fix', manifestOf(redis.dir)], 'y\n');
  return { tool: 'redis-check-aof --fix', bytesBefore, bytesAfter: statSync(file).size };
}

/** What a Redis that wrote its snapshot in place, without the rename, would leave: the unfinished file under its name. */
export const snapshotWithoutRename: Damage = async (redisDir) => {
  const unfinished = unfinishedSnapshot(redisDir);
  if (unfinished === undefined) throw new Error(`${redisDir} holds no unfinished snapshot`);
  const [snapshot, aside] = [join(redisDir, 'dump.rdb'), join(redisDir, 'dump.rdb.aside')];
  renameSync(snapshot, aside);
  copyFileSync(unfinished, snapshot);
  return {
    proof: { copied: basename(unfinished), bytes: statSync(snapshot).size, wholeBytes: statSync(aside).size },
    repair: async () => {
      renameSync(aside, snapshot);
      return 'the whole snapshot put back';
    },
  };
};

/** What a rewrite that forgot what was written meanwhile would leave: an empty last increment. */
export const lostIncrement: Damage = async (redisDir) => {
  const file = lastIncrement(redisDir);
  const { size } = statSync(file);
  truncateSync(file, 0);
  return { proof: { emptied: basename(file), bytesBefore: size } };
};

/** Nothing is done to them; the proof is what lies there: a snapshot, and an append-only file. */
export const asTheyAre: Damage = async (redisDir) => ({
  harmless: true,
  proof: {
    snapshotBytes: statSync(join(redisDir, 'dump.rdb'), { throwIfNoEntry: false })?.size ?? 0,
    incrementBytes: statSync(lastIncrement(redisDir)).size,
  },
});

/** The file of a BGSAVE that was under way, while Redis is down. */
export function unfinishedSnapshot(redisDir: string): string | undefined {
  const name = readdirSync(redisDir).find((file) => /^temp-\d+\.rdb$/.test(file));
  return name && join(redisDir, name);
}
