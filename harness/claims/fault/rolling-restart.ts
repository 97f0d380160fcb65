import { replacedCleanly } from '../../checker/fault-rules.ts';
import { rules } from '../../checker/finding.ts';
import { allDone, nothingLost, oneResultEach } from '../../checker/queue-rules.ts';
import { noFailedRequest } from '../../checker/request-rules.ts';
import type { Claim } from '../../claim.ts';
import { rollingRestart } from '../../nemesis/rolling-restart.ts';
import { judgeOf } from '../../system/spec.ts';
import { submissions } from '../../workload/submissions.ts';

const apis = 2;
const workers = 2;
const restart = { instances: apis + workers, graceMs: 5000, afterMs: 500 };

export default {
  id: 'fault/rolling-restart',
  section: 'Fault Tolerance',
  statement:
    'All workers and API instances are replaced one by one under load: nothing lost, no request fails',
  contract: 'effectively-once',
  experiment: (random) => ({
    system: judgeOf({ apis, workers }),
    workload: submissions(random, { count: 210, ratePerSecond: 40, jobMs: [20, 100] }),
    nemesis: rollingRestart({ ...restart, gentle: true }),
    check: rules(nothingLost, allDone, oneResultEach, noFailedRequest, replacedCleanly),
  }),
  control: {
    statement: 'all at once, without drain: requests fail',
    without: (experiment) => ({ ...experiment, nemesis: rollingRestart({ ...restart, gentle: false }) }),
    mustBreak: ['no-failed-request'],
  },
} satisfies Claim;
