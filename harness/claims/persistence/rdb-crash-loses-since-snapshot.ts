import { losesExactlySinceSnapshot } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut, sigkill } from '../../nemesis/ladder.ts';
import { aofAlways, rdb } from '../../system/persistence.ts';

const climb = {
  rungs: [sigkill, powerCut, sigkill, powerCut],
  writeMs: [900, 1300],
  snapshotAfterMs: [250, 500],
  cutsWhereItCan: true,
  rules: [losesExactlySinceSnapshot],
} as const;

export default {
  id: 'persistence/rdb-crash-loses-since-snapshot',
  section: 'RDB',
  statement: 'A crash loses exactly the writes after the last finished snapshot: SIGKILL and power cut alike',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, setting: rdb }),
  control: {
    statement: 'AOF always, with the same snapshots: what came after them is there',
    without: (_, random) => climbing(random, { ...climb, setting: aofAlways }),
    mustBreak: ['exactly-since-snapshot'],
  },
} satisfies Claim;
