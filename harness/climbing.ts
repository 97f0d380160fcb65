// The experiment of most persistence claims: writers on a bare Redis with one setting, and a ladder of ends that it meets.

import { costsUnder, enoughWrites, onlyASuffix } from './checker/durability-rules.ts';
import { type Rule, rules } from './checker/finding.ts';
import type { Experiment } from './claim.ts';
import { ladder, type Rung } from './nemesis/ladder.ts';
import type { Random } from './random.ts';
import type { PersistenceSetting } from './system/persistence.ts';
import { onlyRedis } from './system/spec.ts';
import { writes } from './workload/writes.ts';

export interface Climbing {
  setting: PersistenceSetting;
  rungs: readonly Rung[];
  /** How long clients write before each fault, at least and at most. */
  writeMs: readonly [least: number, most: number];
  /** Writes of all writers together. @default that of workload/writes.ts */
  ratePerSecond?: number;
  /** BGSAVE so long after each round began. @default none */
  snapshotAfterMs?: readonly [least: number, most: number];
  /** Where no disk can be made whose power can be cut: leave the cuts out. @default false: the claim is skipped there */
  cutsWhereItCan?: boolean;
  rules: readonly Rule[];
}

/** Room for some tens of thousands of writes, a snapshot and a rewrite. */
const diskMiB = 64;

export function climbing(random: Random, climb: Climbing): Experiment {
  const { setting, rungs, writeMs, snapshotAfterMs, ratePerSecond, cutsWhereItCan = false } = climb;
  const cuts = rungs.some(({ cutsPower }) => cutsPower);
  const disk = { sizeMiB: diskMiB, needed: cutsWhereItCan ? 'whereItCan' : 'always' } as const;
  return {
    system: onlyRedis(setting.redis, cuts ? disk : null),
    workload: writes(random, {
      rounds: rungs.length,
      ...(ratePerSecond && { ratePerSecond }),
      ...(snapshotAfterMs && { snapshotAfterMs }),
    }),
    nemesis: ladder(random, rungs, { writeMs, cutsWhereItCan }),
    check: rules(...climb.rules, onlyASuffix, enoughWrites, costsUnder(setting.label)),
  };
}
