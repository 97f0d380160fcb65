import { cutsLose, keepsAll, lossWindowAtMost } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut, sigkill, sigterm } from '../../nemesis/ladder.ts';
import { aofAlways, aofEverysec } from '../../system/persistence.ts';

const climb = {
  rungs: [sigkill, powerCut, powerCut, { ...sigterm, writeMs: [600, 800] }, powerCut],
  writeMs: [1100, 2100],
  rules: [keepsAll('SIGTERM', 'SIGKILL'), cutsLose, lossWindowAtMost(2000)],
} as const;

export default {
  id: 'persistence/aof-everysec-loses-a-second',
  section: 'AOF',
  statement:
    '`appendfsync everysec`: SIGKILL loses nothing, a power cut always something: at most the last 2 s',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, setting: aofEverysec }),
  control: {
    statement: '`always` under the same cuts: nothing is lost',
    without: (_, random) => climbing(random, { ...climb, setting: aofAlways }),
    mustBreak: ['loss-shows'],
    mustHold: ['nothing-lost'],
  },
} satisfies Claim;
