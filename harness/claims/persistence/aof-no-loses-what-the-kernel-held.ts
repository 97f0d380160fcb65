import { cutsLoseMoreThan, keepsAll } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut, sigkill, sigterm } from '../../nemesis/ladder.ts';
import { aofEverysec, aofNo } from '../../system/persistence.ts';

/** What everysec can lose at most. */
const everysecMs = 2000;
const short = { writeMs: [600, 800] } as const;
const climb = {
  rungs: [{ ...sigkill, ...short }, powerCut, { ...sigterm, ...short }, powerCut],
  writeMs: [2600, 3200],
  rules: [keepsAll('SIGTERM', 'SIGKILL'), cutsLoseMoreThan(everysecMs)],
} as const;

export default {
  id: 'persistence/aof-no-loses-what-the-kernel-held',
  section: 'AOF',
  statement:
    '`appendfsync no`: SIGKILL loses nothing, a power cut what the kernel had not written back: more than the 2 s of everysec',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, setting: aofNo }),
  control: {
    statement: '`everysec` under the same cuts: less is lost',
    without: (_, random) => climbing(random, { ...climb, setting: aofEverysec }),
    mustBreak: ['loses-more'],
    mustHold: ['nothing-lost', 'suffix-only'],
  },
} satisfies Claim;
