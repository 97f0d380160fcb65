import {
  losesOnlyTheTornRecord,
  refusesWith,
  repairKeepsPrefix,
  startsByItself,
} from '../../checker/durability-rules.ts';
import type { Claim } from '../../claim.ts';
import { climbing } from '../../climbing.ts';
import { corruptedMiddle, tornTail } from '../../nemesis/damage.ts';
import { sigkill } from '../../nemesis/ladder.ts';
import { aofAlways } from '../../system/persistence.ts';

const torn = {
  ...sigkill,
  name: 'SIGKILL, then a torn tail',
  damage: tornTail,
  starts: [{ 'aof-load-truncated': 'no' }, {}],
};
const corrupted = {
  ...sigkill,
  name: 'SIGKILL, then a damaged record in the middle',
  damage: corruptedMiddle,
};
const climb = { setting: aofAlways, writeMs: [400, 800] } as const;

export default {
  id: 'persistence/aof-torn-tail',
  section: 'AOF',
  statement:
    'A record cut short at the end of the AOF: Redis starts and loses only that one; with `aof-load-truncated no` it refuses',
  crashesRedis: true,
  experiment: (random) =>
    climbing(random, {
      ...climb,
      rungs: [torn, torn, torn],
      rules: [startsByItself, losesOnlyTheTornRecord, refusesWith('aof-load-truncated')],
    }),
  control: {
    statement:
      'damage in the middle: Redis refuses to start, and `redis-check-aof --fix` keeps what came before it',
    without: (_, random) =>
      climbing(random, {
        ...climb,
        rungs: [corrupted, corrupted, corrupted],
        rules: [startsByItself, repairKeepsPrefix],
      }),
    mustBreak: ['starts-by-itself'],
    mustHold: ['repair-keeps-prefix'],
  },
} satisfies Claim;
