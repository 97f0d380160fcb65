import { rules } from '../../checker/finding.ts';
import { acceptIndependentOfJobLength, noFailedRequest } from '../../checker/request-rules.ts';
import type { Claim } from '../../claim.ts';
import { judgeOf } from '../../system/spec.ts';
import { blocks } from '../../workload/blocks.ts';

const lengths = { shortMs: 5, longMs: 500 };

export default {
  id: 'async/accept-is-independent-of-job-length',
  section: 'Asynchronous Processing',
  statement: 'Accepting a submission takes as long for 500 ms jobs as for 5 ms jobs: p99 ≤ 1.5 ×',
  alone: true,
  experiment: (random) => ({
    system: judgeOf({ workers: 2, concurrency: 16 }),
    workload: blocks(random, { pairs: 5, perBlock: 50, ratePerSecond: 150, ...lengths }),
    check: rules(noFailedRequest, acceptIndependentOfJobLength({ most: 1.5, blocksFrom: 10 })),
  }),
  control: {
    statement: 'the code runs in the API process: accepting takes at least 10 × as long',
    without: (experiment, random) => ({
      ...experiment,
      system: judgeOf({ workers: 0, env: { api: { API_MODE: 'inline' } } }),
      workload: blocks(random, { pairs: 2, perBlock: 2, ratePerSecond: 60, ...lengths }),
    }),
    mustBreak: ['accept-blocks'],
  },
} satisfies Claim;
