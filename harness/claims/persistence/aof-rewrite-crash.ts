import { keepsAll, startsByItself } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { lostIncrement } from '../../nemesis/damage.ts';
import { sigkill } from '../../nemesis/ladder.ts';
import { duringRewrite } from '../../nemesis/moments.ts';
import { aofAlways } from '../../system/persistence.ts';

const killInRewrite = { ...sigkill, name: 'SIGKILL during BGREWRITEAOF', moment: duringRewrite };
const climb = { setting: aofAlways, writeMs: [300, 500], rules: [startsByItself, keepsAll()] } as const;

export default {
  id: 'persistence/aof-rewrite-crash',
  section: 'AOF',
  statement: 'SIGKILL during BGREWRITEAOF, at several moments: no acknowledged write is lost',
  crashesRedis: true,
  experiment: (random) =>
    climbing(random, { ...climb, rungs: [killInRewrite, killInRewrite, killInRewrite, killInRewrite] }),
  control: {
    statement: 'what was written during the rewrite is thrown away, as by a rewrite that forgot it',
    without: (_, random) => {
      const forgetful = { ...killInRewrite, damage: lostIncrement };
      return climbing(random, { ...climb, rungs: [forgetful, forgetful] });
    },
    mustBreak: ['nothing-lost'],
  },
} satisfies Claim;
