import { keepsAll } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut, sigkill, sigterm } from '../../nemesis/ladder.ts';
import { aofAlways, aofEverysec } from '../../system/persistence.ts';

const climb = {
  rungs: [sigkill, powerCut, { ...sigterm, writeMs: [600, 800] }, powerCut, sigkill],
  writeMs: [900, 1400],
  rules: [keepsAll()],
} as const;

export default {
  id: 'persistence/aof-always-survives-power-cut',
  section: 'AOF',
  statement: '`appendfsync always`: no acknowledged write is lost, neither to SIGKILL nor to a power cut',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, setting: aofAlways }),
  control: {
    statement: '`everysec` under the same cuts: some are lost',
    without: (_, random) => climbing(random, { ...climb, setting: aofEverysec }),
    mustBreak: ['nothing-lost'],
    mustHold: ['suffix-only', 'no-strangers'],
  },
} satisfies Claim;
