// The judge that a load test starts for itself: Redis, an API, a subscriber and workers, known to the dead-man.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { DeadMan } from '../system/dead-man.ts';
import { type JudgeSystem, startJudge } from '../system/judge.ts';
import type { RedisSource } from '../system/redis-source.ts';
import { everywhere, judgeOf, persistent, type SystemSpec } from '../system/spec.ts';
import type { Target } from './target.ts';

export interface OwnJudge extends Target {
  system: JudgeSystem;
  stop(): Promise<void>;
}

export interface OwnJudgeOptions {
  redis: RedisSource;
  deadMan: DeadMan;
  projectRoot: string;
  workers: number;
  queue: string;
  /** Logs and ledgers go there. */
  dir: string;
  /** For faults: a short lease, and Redis keeps what it has acknowledged. */
  faults: boolean;
}

/** What runs into it holds a slot for this long: less than in production, so that the endless loops are not the whole load. */
const timeLimitMs = 1000;

export async function startOwnJudge(options: OwnJudgeOptions): Promise<OwnJudge> {
  const { redis, deadMan, projectRoot, dir } = options;
  const temporaryDir = mkdtempSync(join(tmpdir(), 'redproof-load-'));
  deadMan.registerDirectory(temporaryDir);
  const system = await startJudge(specOf(options), {
    redis,
    deadMan,
    projectRoot,
    temporaryDir,
    outputDir: dir,
    prefix: 'judge:',
    originMs: monotonicMs(),
  });
  const [api] = system.instances('api');
  const [subscriber] = system.instances('subscriber');
  return {
    system,
    url: api!.url,
    wsUrl: `${subscriber!.url.replace('http', 'ws')}/submissions`,
    stop: async () => {
      await system.stop();
      rmSync(temporaryDir, { recursive: true, force: true });
      // What it holds is in ledger.ndjson where anybody wants it.
      rmSync(join(dir, 'ledger'), { recursive: true, force: true });
    },
  };
}

function specOf({ workers, queue, faults }: OwnJudgeOptions): SystemSpec {
  return judgeOf({
    queue,
    workers,
    subscribers: 1,
    leaseMs: faults ? 1000 : 10_000,
    redis: faults ? persistent : { appendonly: 'yes', appendfsync: 'everysec', save: '' },
    env: everywhere({
      SANDBOX_TIME_LIMIT_MS: String(timeLimitMs),
      // A job that meets several kills is not a poison job.
      ...(faults ? { QUEUE_MAX_ATTEMPTS: '10' } : {}),
    }),
  });
}
