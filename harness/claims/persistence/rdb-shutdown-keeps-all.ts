import { keepsAll } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { sigkill, sigterm } from '../../nemesis/ladder.ts';
import { rdb } from '../../system/persistence.ts';

const climb = { setting: rdb, writeMs: [500, 900], rules: [keepsAll()] } as const;

export default {
  id: 'persistence/rdb-shutdown-keeps-all',
  section: 'RDB',
  statement: 'With save points Redis saves when it gets a SIGTERM: no acknowledged write is lost',
  crashesRedis: true,
  experiment: (random) => climbing(random, { ...climb, rungs: [sigterm, sigterm, sigterm] }),
  control: {
    statement: 'SIGKILL at the same moments',
    without: (_, random) => climbing(random, { ...climb, rungs: [sigkill, sigkill, sigkill] }),
    mustBreak: ['nothing-lost'],
  },
} satisfies Claim;
