// `--redis-config`: the ladder of faults on somebody's own settings of Redis, as a claim that is made for them. What the
// faults cost is the answer (report/answer.ts); what is claimed is only that they cost no more than the latest writes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepsAll, startsByItself } from './checker/durability-rules.ts';
import type { Claim } from './claim.ts';
import { climbing } from './climbing.ts';
import { powerCut, sigkill, sigterm } from './nemesis/ladder.ts';
import type { DeadMan } from './system/dead-man.ts';
import { UsageError } from './system/find-redis.ts';
import { off } from './system/persistence.ts';
import { RedisRefusedError, redisServer } from './system/redis-server.ts';
import { programOf, type RedisSource, withoutPassword } from './system/redis-source.ts';

const climb = {
  rungs: [sigterm, sigkill, powerCut, sigkill, powerCut],
  writeMs: [1300, 2300],
  cutsWhereItCan: true,
} as const;

export function yourSettings(redis: Record<string, string>): Claim {
  const label = Object.entries(redis)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return {
    id: 'your-settings',
    section: 'Your settings',
    statement: `${label}: an end of Redis costs the latest writes at most, and it starts again by itself`,
    crashesRedis: true,
    experiment: (random) =>
      climbing(random, { ...climb, setting: { label, redis }, rules: [startsByItself] }),
    control: {
      statement: 'neither RDB nor AOF: every acknowledged write is lost',
      without: (_, random) => climbing(random, { ...climb, setting: off, rules: [keepsAll()] }),
      mustBreak: ['nothing-lost'],
    },
  };
}

/** Starts Redis with them once. @throws {UsageError} with Redis' own words if it refuses, or if it is not the harness's */
export async function assertTaken(
  settings: Record<string, string>,
  redis: RedisSource,
  deadMan: DeadMan,
): Promise<void> {
  if (redis.kind === 'external') {
    throw new UsageError(
      `--redis-config crashes Redis, and ${withoutPassword(redis.url)} is not the harness's own: leave out --redis`,
    );
  }
  const dir = mkdtempSync(join(tmpdir(), 'redproof-settings-'));
  deadMan.registerDirectory(dir);
  try {
    const options = {
      program: programOf(redis),
      name: 'redis',
      dir,
      logFile: join(dir, 'redis.log'),
      settings,
    };
    const server = await redisServer(options, deadMan);
    await server.stop();
  } catch (error) {
    if (!(error instanceof RedisRefusedError)) throw error;
    throw new UsageError(`Redis refuses these settings: ${error.said.join(' ')}`, { cause: error });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
