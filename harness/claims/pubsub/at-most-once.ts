import { missedExactlyWhileAway } from '../../checker/broadcast-rules.ts';
import type { Claim } from '../../claim.ts';
import { cutReceivers } from '../../nemesis/cut-receivers.ts';
import { onlyRedis } from '../../system/spec.ts';
import { broadcast, receiverName } from '../../workload/broadcast.ts';

const load = { receivers: 5, messages: 430, ratePerSecond: 125, awayMs: 250 };
const names = Array.from({ length: load.receivers }, (_, index) => receiverName(index));

export default {
  id: 'pubsub/at-most-once',
  section: 'Publish-Subscribe Model; Subscribe / Publish',
  statement: 'A subscriber that was away misses exactly what was published meanwhile; Redis keeps nothing',
  contract: 'at-most-once',
  beside: true,
  experiment: (random) => ({
    system: onlyRedis(),
    workload: broadcast({ transport: 'pubsub', ...load }),
    nemesis: cutReceivers(random, { times: 8, everyMs: [300, 450] }, names),
    check: missedExactlyWhileAway(receiverName),
  }),
  control: {
    statement: 'the same on a stream: nothing is missed',
    without: (experiment) => ({ ...experiment, workload: broadcast({ transport: 'stream', ...load }) }),
    mustBreak: ['missed-exactly'],
  },
} satisfies Claim;
