import { everyoneGetsAllInOrder } from '../../checker/broadcast-rules.ts';
import type { Claim } from '../../claim.ts';
import { onlyRedis } from '../../system/spec.ts';
import { broadcast } from '../../workload/broadcast.ts';

const load = { receivers: 100, messages: 200, ratePerSecond: 100 };

export default {
  id: 'pubsub/fan-out',
  section: 'Publish-Subscribe Model; Subscribe / Publish',
  statement: '100 subscribers each get every message, in order',
  experiment: () => ({
    system: onlyRedis(),
    workload: broadcast({ transport: 'pubsub', ...load }),
    check: everyoneGetsAllInOrder,
  }),
  control: {
    statement: 'a queue instead: each message reaches one',
    without: (experiment) => ({ ...experiment, workload: broadcast({ transport: 'list', ...load }) }),
    mustBreak: ['everyone-gets-all'],
  },
} satisfies Claim;
