import { keepsAll, losesAll } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { powerCut, sigkill, sigterm } from '../../nemesis/ladder.ts';
import { aofAlways, off } from '../../system/persistence.ts';

const climb = { rungs: [sigterm, sigkill, powerCut], writeMs: [600, 900], cutsWhereItCan: true } as const;

export default {
  id: 'persistence/off-loses-everything',
  section: 'Persistence Options',
  statement: 'Neither RDB nor AOF: any restart loses all that was written, an orderly one too',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, setting: off, rules: [losesAll] }),
  control: {
    statement: 'AOF always keeps all',
    without: (_, random) => climbing(random, { ...climb, setting: aofAlways, rules: [losesAll, keepsAll()] }),
    mustBreak: ['loses-all'],
    mustHold: ['nothing-lost'],
  },
} satisfies Claim;
