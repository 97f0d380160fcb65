// Ends Redis again and again, each time in the way of the next rung, and starts it on what is left of its data. A rung may
// wait for a moment of its own (in the middle of a save), damage the files while Redis is down, and start Redis in other
// ways first. It goes in step with the rounds of workload/writes.ts.

import type { Nemesis, NemesisArena } from '../claim.ts';
import { following, isObservation } from '../follow.ts';
import type { Random } from '../random.ts';
import { RedisRefusedError, type RedisServer } from '../system/redis-server.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { type Damage, repairAof } from './damage.ts';
import { cutPower, type Ended, type Ending, kill, NoSuchEndingError, terminate } from './endings.ts';
import type { Moment } from './moments.ts';

export interface Rung {
  /** How the plan calls it. */
  name: string;
  ending: Ending;
  /** It takes a disk whose power can be cut. */
  cutsPower?: boolean;
  /** Awaited before the end; its proof is told. @default none: it ends while clients write */
  moment?: Moment;
  /** Done to the files while Redis is down. */
  damage?: Damage;
  /** Settings changed for each start that is tried, one after the other until one works. @default one start, none changed */
  starts?: readonly Record<string, string>[];
  /** @default the ladder's */
  writeMs?: readonly [least: number, most: number];
}

export const sigterm: Rung = { name: 'SIGTERM', ending: terminate };
export const sigkill: Rung = { name: 'SIGKILL', ending: kill };
export const powerCut: Rung = { name: 'power cut', ending: cutPower, cutsPower: true };

export interface LadderOptions {
  /** How long clients write before each fault, at least and at most. */
  writeMs: readonly [least: number, most: number];
  /** Power cuts are left out where Redis has no disk of its own. @default false */
  cutsWhereItCan?: boolean;
}

interface Planned {
  rung: string;
  afterMs: number;
  /** From 0 to 1: where in the files the damage is, how far a save has got. */
  draw: number;
}

const roundDeadlineMs = 30_000;

export function ladder(random: Random, rungs: readonly Rung[], options: LadderOptions): Nemesis {
  const draw = random.fork('ladder');
  const plan: Planned[] = rungs.map(({ name, writeMs = options.writeMs }) => ({
    rung: name,
    afterMs: draw.int(...writeMs),
    draw: draw.float(),
  }));
  const optional = options.cutsWhereItCan ? rungs.filter(({ cutsPower }) => cutsPower).length : 0;
  return {
    plan,
    landedAtLeast: rungs.length - optional,
    inject: async (arena) => {
      const rounds = following(arena.history.events, isObservation('round'));
      for (const [index, rung] of rungs.entries()) {
        const began = await waitUntil(() => rounds()[index]?.atMs, {
          what: `round ${index + 1} to begin`,
          deadlineMs: roundDeadlineMs,
          signal: arena.signal,
        });
        await sleepUntil(began + plan[index]!.afterMs, arena.history.now, arena.signal);
        await climb(arena, rung, plan[index]!.draw, optional > 0);
      }
    },
  };
}

async function climb(arena: NemesisArena, rung: Rung, draw: number, mayBeMissing: boolean): Promise<void> {
  const { history, system } = arena;
  const redis = system.ownRedis();
  const runIdBefore = await redis.runId();
  const moment = await rung.moment?.(arena, draw);
  let ended: Ended;
  try {
    ended = await rung.ending(arena);
  } catch (error) {
    if (!(error instanceof NoSuchEndingError && mayBeMissing)) throw error;
    const skipped = { kind: 'power-cut', target: 'redis', proof: { skipped: error.message }, landed: false };
    history.inject(skipped).heal();
    return;
  }
  const damaged = await rung.damage?.(redis.dir, draw);
  const { kind, atMs, landed } = ended;
  const filesDamaged = damaged !== undefined && damaged.harmless !== true;
  const proof = { runIdBefore, ...moment, ...ended.proof, filesDamaged, ...damaged?.proof };
  const fault = history.inject({ kind, target: 'redis', atMs, proof, landed });
  // ext4 may leave zeros at the end of a file whose new length was committed before its data; Redis refuses such an AOF.
  const repair = damaged?.repair ?? (rung.cutsPower ? repairAof : undefined);
  const starts = await bringBack(redis, rung.starts ?? [{}], repair, history.now);
  const runIdAfter = await redis.runId();
  fault.heal({ starts, runIdAfter, runIdChanged: runIdAfter !== runIdBefore });
}

/** One try to start Redis, in the proof of a fault. */
export interface Start {
  changes: Record<string, string>;
  started: boolean;
  tookMs: number;
  /** What Redis said when it did not. */
  said?: string;
  /** What was done to the files before this start. */
  repaired?: unknown;
}

async function bringBack(
  redis: RedisServer,
  ways: readonly Record<string, string>[],
  repair: ((redis: RedisServer) => Promise<unknown>) | undefined,
  now: () => number,
): Promise<Start[]> {
  const starts: Start[] = [];
  const tryStart = async (changes: Record<string, string>, repaired?: unknown): Promise<boolean> => {
    const began = now();
    const seen = (started: boolean, said?: string) =>
      starts.push({
        changes,
        started,
        tookMs: Math.round(now() - began),
        ...(said === undefined ? {} : { said }),
        ...(repaired === undefined ? {} : { repaired }),
      });
    try {
      await redis.restart(changes);
      seen(true);
      return true;
    } catch (error) {
      if (!(error instanceof RedisRefusedError)) throw error;
      seen(false, error.because);
      return false;
    }
  };
  for (const changes of ways) if (await tryStart(changes)) return starts;
  const last = starts.at(-1)?.said;
  if (repair !== undefined) {
    const done = await repair(redis).catch((error: Error) => {
      throw new Error(
        `Redis does not start on what is left (${last}), and it cannot be repaired: ${error.message}`,
      );
    });
    if (await tryStart({}, done)) return starts;
  }
  throw new Error(`Redis does not start on what is left: ${starts.at(-1)?.said}`);
}
