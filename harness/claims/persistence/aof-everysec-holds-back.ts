import { killsLose, lossWindowAtMost } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { sigkill } from '../../nemesis/ladder.ts';
import { betweenFsyncs, duringFsync } from '../../nemesis/moments.ts';
import { aofEverysec } from '../../system/persistence.ts';

const during = { ...sigkill, name: 'SIGKILL during an fsync', moment: duringFsync };
const between = { ...sigkill, name: 'SIGKILL between two fsyncs', moment: betweenFsyncs };
const climb = {
  setting: { ...aofEverysec, label: 'AOF everysec, in an fsync' },
  writeMs: [300, 500],
  rules: [killsLose, lossWindowAtMost(2000)],
} as const;

export default {
  id: 'persistence/aof-everysec-holds-back',
  section: 'AOF',
  statement:
    '`everysec`, SIGKILL in the middle of a background fsync: acknowledged writes are lost after all, because Redis holds back what is written meanwhile',
  crashesRedis: true,
  experiment: (random) =>
    climbing(random, { ...climb, rungs: [during, during, during, during, during, during] }),
  control: {
    statement: 'SIGKILL between two fsyncs: nothing is lost',
    without: (_, random) =>
      climbing(random, { ...climb, setting: aofEverysec, rungs: [between, between, between, between] }),
    mustBreak: ['kills-lose'],
  },
} satisfies Claim;
