import { aofWins, keepsAll } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { asTheyAre } from '../../nemesis/damage.ts';
import { powerCut, sigkill, sigterm } from '../../nemesis/ladder.ts';
import { betweenFsyncs } from '../../nemesis/moments.ts';
import { rdbAndAof } from '../../system/persistence.ts';

/** Between two fsyncs: what everysec holds back during one is another claim's business (aof-everysec-holds-back.ts). */
const killed = { ...sigkill, moment: betweenFsyncs, damage: asTheyAre };
const climb = {
  setting: rdbAndAof,
  writeMs: [700, 1000],
  snapshotAfterMs: [150, 300],
  cutsWhereItCan: true,
} as const;

export default {
  id: 'persistence/aof-wins-over-rdb',
  section: 'RDB, AOF',
  statement: 'With both on, and a snapshot older than the AOF, Redis loads the AOF: a SIGKILL loses nothing',
  crashesRedis: true,
  experiment: (random) =>
    climbing(random, {
      ...climb,
      rungs: [killed, powerCut, killed, sigterm],
      rules: [aofWins, keepsAll('SIGKILL', 'SIGTERM')],
    }),
  control: {
    statement: 'the same files, started with `appendonly no`: the snapshot is loaded',
    without: (_, random) =>
      climbing(random, {
        ...climb,
        rungs: [{ ...killed, starts: [{ appendonly: 'no' }] }],
        rules: [aofWins],
      }),
    mustBreak: ['aof-wins'],
  },
} satisfies Claim;
