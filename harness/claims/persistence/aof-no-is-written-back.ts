import { lossWindowAtMost, someSurvive } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut } from '../../nemesis/ladder.ts';
import { aofNo } from '../../system/persistence.ts';

const climb = {
  setting: aofNo,
  rungs: [powerCut],
  ratePerSecond: 400,
  rules: [someSurvive, lossWindowAtMost(40_000)],
} as const;

export default {
  id: 'persistence/aof-no-is-written-back',
  section: 'AOF',
  statement:
    '`appendfsync no`: the kernel writes back by itself what is half a minute old, so a power cut loses at most the last 40 s',
  long: true,
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, writeMs: [50_000, 55_000] }),
  control: {
    statement: 'after ten seconds of writing nothing was written back yet: all is lost',
    without: (_, random) => climbing(random, { ...climb, writeMs: [9000, 11_000] }),
    mustBreak: ['some-survive'],
  },
} satisfies Claim;
