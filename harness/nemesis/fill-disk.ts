// Fills the disk under Redis to the last byte, frees it again after a while, and SIGKILLs Redis once it writes again, so
// that only what really came to the files is left. Proof: the disk refuses another byte, and INFO says that the AOF
// cannot be written.

import { Redis } from 'ioredis';
import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { kill } from './endings.ts';
import { betweenFsyncs } from './moments.ts';

export interface FillDiskOptions {
  /** When the load has gone on for so long, drawn between least and most. */
  afterMs: readonly [least: number, most: number];
  fullMs: number;
}

const noticeDeadlineMs = 1500;

export function fillDisk(random: Random, { afterMs: [least, most], fullMs }: FillDiskOptions): Nemesis {
  const afterMs = random.fork('fill-disk').int(least, most);
  return {
    plan: { afterMs, fullMs },
    landedAtLeast: 1,
    inject: async (arena) => {
      const { history, signal } = arena;
      await sleepUntil(history.now() + afterMs, history.now, signal);
      await fillOnce(arena, fullMs);
      if (arena.system.spec.redis.appendonly === 'yes') await killOnce(arena);
    },
  };
}

async function fillOnce({ history, system, target, signal }: NemesisArena, fullMs: number): Promise<void> {
  const { disk } = system;
  if (disk === undefined) throw new Error('Redis has no disk of its own here that could be filled');
  const redis = new Redis(target.redisUrl);
  redis.on('error', () => {});
  const status = async () => /aof_last_write_status:(\w+)/.exec(await redis.info('persistence'))?.[1];
  const untilStatus = (wanted: string) =>
    waitUntil(async () => (await status()) === wanted, {
      what: `aof_last_write_status to be ${wanted}`,
      deadlineMs: noticeDeadlineMs,
      signal,
    });
  try {
    const filledBytes = disk.fill();
    // A Redis without AOF (the control) never notices.
    const noticed = await untilStatus('err').catch(() => false);
    const again = disk.fill();
    const atMs = history.now();
    const fault = history.inject({
      kind: 'disk-full',
      target: 'redis',
      atMs,
      proof: { filledBytes, moreBytes: again, aofLastWriteStatus: (await status()) ?? null, noticed },
      landed: filledBytes > 0,
    });
    await sleepUntil(atMs + fullMs, history.now, signal);
    const freedAfterMs = Math.round(history.now() - atMs);
    disk.free();
    const writesAgain = await untilStatus('ok').catch((error: Error) => error.message);
    fault.heal({ freedAfterMs, writesAgain });
  } finally {
    redis.disconnect();
  }
}

async function killOnce(arena: NemesisArena): Promise<void> {
  const redis = arena.system.ownRedis();
  await betweenFsyncs(arena, 0); // what everysec holds back during an fsync is another claim's business
  const { kind, atMs, proof, landed } = await kill(arena);
  const fault = arena.history.inject({ kind, target: 'redis', atMs, proof, landed });
  await redis.restart();
  fault.heal({ runIdAfter: await redis.runId() });
}
