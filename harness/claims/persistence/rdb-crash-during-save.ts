import { losesExactlySinceSnapshot, startsByItself } from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { snapshotWithoutRename } from '../../nemesis/damage.ts';
import { powerCut, sigkill } from '../../nemesis/ladder.ts';
import { duringSave } from '../../nemesis/moments.ts';
import { rdb } from '../../system/persistence.ts';

const killInSave = { ...sigkill, name: 'SIGKILL during BGSAVE', moment: duringSave };
const cutInSave = { ...powerCut, name: 'power cut during BGSAVE', moment: duringSave };
const climb = {
  setting: rdb,
  writeMs: [700, 900],
  snapshotAfterMs: [150, 300],
  cutsWhereItCan: true,
  rules: [startsByItself, losesExactlySinceSnapshot],
} as const;

export default {
  id: 'persistence/rdb-crash-during-save',
  section: 'RDB',
  statement: 'SIGKILL or a power cut in the middle of a BGSAVE: the snapshot before it loads whole',
  crashesRedis: true,
  experiment: (random) =>
    climbing(random, { ...climb, rungs: [killInSave, cutInSave, killInSave, cutInSave] }),
  control: {
    statement: 'the unfinished file under the name of the snapshot, as if written in place: Redis refuses it',
    without: (_, random) => {
      const inPlace = { ...killInSave, damage: snapshotWithoutRename };
      return climbing(random, { ...climb, rungs: [inPlace, inPlace] });
    },
    mustBreak: ['starts-by-itself'],
  },
} satisfies Claim;
