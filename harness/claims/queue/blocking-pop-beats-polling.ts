import { rules } from '../../checker/finding.ts';
import { startsPromptly } from '../../checker/latency-rules.ts';
import { allDone, nothingLost } from '../../checker/queue-rules.ts';
import type { Claim } from '../../claim.ts';
import { judgeOf } from '../../system/spec.ts';
import { withIdleCommandCount } from '../../workload/alongside.ts';
import { submissions } from '../../workload/submissions.ts';

export default {
  id: 'queue/blocking-pop-beats-polling',
  section: 'Blocked Pop',
  statement: 'An idle worker starts a job p99 ≤ 10 ms after its enqueue',
  alone: true,
  experiment: (random) => ({
    system: judgeOf({ workers: 1, concurrency: 2 }),
    workload: withIdleCommandCount(
      // Slow enough that most come to an idle worker, and no others count.
      submissions(random, { count: 240, ratePerSecond: 30, jobMs: [2, 4], steadyCount: 16 }),
    ),
    check: rules(nothingLost, allDone, startsPromptly({ mostMsP99: 10, slowMsP50: 30 })),
  }),
  control: {
    statement: 'polling every 100 ms: p50 ≥ 30 ms, and commands that found nothing',
    without: (experiment) => ({
      ...experiment,
      system: {
        ...experiment.system,
        env: { ...experiment.system.env, worker: { QUEUE_POLL_EVERY_MS: '100' } },
      },
    }),
    mustBreak: ['start-is-slow'],
  },
} satisfies Claim;
