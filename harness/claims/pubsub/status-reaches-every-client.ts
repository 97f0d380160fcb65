import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost } from '../../checker/queue-rules.ts';
import { everyClientKnows } from '../../checker/watch-rules.ts';
import type { Claim } from '../../claim.ts';
import { killSubscriber } from '../../nemesis/kill-subscriber.ts';
import { judgeOf } from '../../system/spec.ts';
import { watchers } from '../../workload/watchers.ts';

export default {
  id: 'pubsub/status-reaches-every-client',
  section: 'Publishing Submission Status; Subscribing to a Channel',
  statement:
    'The subscriber service is killed and restarted under load: every client ends with the true final status of each of its submissions',
  experiment: (random) => ({
    system: judgeOf({ subscribers: 1 }),
    workload: watchers(random, { browsers: 20, count: 160, ratePerSecond: 34 }),
    nemesis: killSubscriber(random, { times: 4, everyMs: [800, 1200], downMs: 300 }),
    check: rules(nothingLost, allDone, everyClientKnows),
  }),
  control: {
    statement: 'no resync on connect: clients stay ignorant',
    without: (experiment) => ({
      ...experiment,
      system: judgeOf({ subscribers: 1, env: { subscriber: { SUBSCRIBER_RESYNC: 'off' } } }),
    }),
    mustBreak: ['client-knows'],
  },
} satisfies Claim;
