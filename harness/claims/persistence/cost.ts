import { pricesShow } from '../../checker/cost-rules.ts';
import type { Claim, Experiment } from '../../claim.ts';
import { changeSetting, drawTurns } from '../../nemesis/change-setting.ts';
import type { Random } from '../../random.ts';
import { allPersistence, aofAlways, off, type PersistenceSetting } from '../../system/persistence.ts';
import { onlyRedis } from '../../system/spec.ts';
import { measuredWrites } from '../../workload/measured-writes.ts';

const rounds = 5;

function pricing(random: Random, settings: readonly PersistenceSetting[]): Experiment {
  const turns = drawTurns(random, settings, rounds);
  return {
    system: onlyRedis(off.redis, { sizeMiB: 96, needed: 'whereItCan' }),
    workload: measuredWrites({ times: turns.length, count: 5000 }),
    nemesis: changeSetting(turns),
    check: pricesShow(aofAlways.label, { ratioAtMost: 0.5 }),
  };
}

export default {
  id: 'persistence/cost',
  section: 'Persistence Options',
  statement:
    'The price list, as ratios to off in one run: throughput, p99, bytes on disk, restart time; AOF always has at most 0.5 × the throughput',
  alone: true,
  crashesRedis: true,
  experiment: (random) => pricing(random, allPersistence),
  control: {
    statement: 'off under the name of the dearest: no price shows',
    without: (_, random) => pricing(random, [off, { ...off, label: aofAlways.label }]),
    mustBreak: ['price-shows'],
  },
} satisfies Claim;
