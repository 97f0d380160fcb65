// Not a fault: starts Redis on an empty directory with one persistence setting after the other, in turns, so that what
// each costs is measured side by side. It goes in step with workload/measured-writes.ts, which measures; afterwards it
// looks at what is on disk, how long an orderly restart takes, and what redis-benchmark says.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Nemesis, NemesisArena } from '../claim.ts';
import { following, isObservation } from '../follow.ts';
import type { Random } from '../random.ts';
import type { PersistenceSetting } from '../system/persistence.ts';
import type { RedisServer } from '../system/redis-server.ts';
import { waitUntil } from '../wait.ts';

export interface Turn {
  round: number;
  setting: PersistenceSetting;
}

/** Every setting once in each round, in an order of its own. */
export function drawTurns(random: Random, settings: readonly PersistenceSetting[], rounds: number): Turn[] {
  const draw = random.fork('turns');
  return Array.from({ length: rounds }, (_, round) => {
    const left = [...settings];
    return settings.map(() => {
      const [setting] = left.splice(draw.int(0, left.length - 1), 1);
      return { round, setting: setting! };
    });
  }).flat();
}

const reference = ['-t', 'set', '-n', '6000', '-c', '8', '-d', '100', '-r', '100000', '--csv'];
const measureDeadlineMs = 60_000;

export function changeSetting(turns: readonly Turn[]): Nemesis {
  return {
    plan: turns.map(({ round, setting }) => ({ round, setting: setting.label })),
    landedAtLeast: turns.length,
    inject: async (arena) => {
      const measured = following(arena.history.events, isObservation('measured'));
      for (const [index, turn] of turns.entries()) {
        await takeTurn(arena, turn, () =>
          waitUntil(() => measured().length > index, {
            what: `measurement ${index + 1}`,
            deadlineMs: measureDeadlineMs,
            signal: arena.signal,
          }),
        );
      }
    },
  };
}

async function takeTurn(
  { history, system }: NemesisArena,
  { round, setting }: Turn,
  untilMeasured: () => Promise<unknown>,
): Promise<void> {
  const redis = system.ownRedis();
  await redis.kill();
  redis.eraseData();
  await redis.restart(setting.redis);
  const { aof_enabled: aof } = await redis.info('persistence');
  const fault = history.inject({
    kind: 'change-setting',
    target: setting.label,
    proof: { round, settings: setting.redis, aofEnabled: aof === '1', runId: await redis.runId() },
    landed: (aof === '1') === (setting.redis.appendonly === 'yes'),
  });
  await untilMeasured();
  await redis.terminate();
  const diskBytes = bytesIn(redis.dir);
  const began = history.now();
  await redis.restart(setting.redis);
  const restartMs = Math.round((history.now() - began) * 10) / 10;
  fault.heal({ diskBytes, restartMs, ...(await referenceOf(redis)) });
}

/** Requests per second and p99, by redis-benchmark's own account. */
async function referenceOf(redis: RedisServer): Promise<Record<string, number>> {
  const csv = await redis.benchmark(reference);
  const [header = '', row = ''] = (csv ?? '')
    .trim()
    .split('\n')
    .map((line) => line.replaceAll('"', ''));
  const value = (name: string) => Number(row.split(',')[header.split(',').indexOf(name)] ?? Number.NaN);
  if (!Number.isFinite(value('rps'))) return {};
  return { referencePerSecond: value('rps'), referenceMsP99: value('p99_latency_ms') };
}

function bytesIn(dir: string): number {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
