import { zombiesRefused } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { pauseWorkers } from '../../nemesis/pause-workers.ts';
import { everywhere, judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

// So that a job whose workers are paused three times by chance is not taken for poison.
const attempts = { QUEUE_MAX_ATTEMPTS: '10' };

export default {
  id: 'fault/zombie-is-fenced',
  section: 'Fault Tolerance',
  statement:
    'A worker paused past its lease, then resumed, cannot record a result or ack: its late ack is refused and counted',
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({ queue: 'stream', workers: 3, env: everywhere(attempts) }),
    workload: submissions(random, { count: 150, ratePerSecond: 26 }),
    nemesis: pauseWorkers(random, { times: 4, everyMs: [200, 500] }),
    check: rules(nothingLost, oneResultEach, zombiesRefused),
  }),
  control: {
    statement: "the same stream with a plain XACK: a zombie's ack erases the new owner's claim",
    without: (experiment) => ({
      ...experiment,
      system: { ...experiment.system, env: everywhere({ ...attempts, QUEUE_FENCE: 'off' }) },
    }),
    mustBreak: ['zombie-refused'],
  },
} satisfies Claim;
