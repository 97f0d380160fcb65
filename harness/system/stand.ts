// The judge alone, to try it by hand: an API and a subscriber on ports that are easy to type, workers, and Redis. Started,
// watched and stopped here; what is printed about it is start.ts' business.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { DeadMan } from './dead-man.ts';
import { type Instance, type JudgeSystem, startJudge } from './judge.ts';
import { lastLines } from './log-file.ts';
import { freePort } from './ports.ts';
import { describe } from './process.ts';
import type { RedisSource } from './redis-source.ts';
import { everywhere, judgeOf } from './spec.ts';

export interface StandOptions {
  redis: RedisSource;
  deadMan: DeadMan;
  projectRoot: string;
  workers: number;
  /** Taken if they are free. */
  apiPort: number;
  subscriberPort: number;
  /** Of all services, over its own. */
  settings: Record<string, string>;
}

export interface Stand {
  api: Instance;
  subscriber: Instance;
  workers: readonly Instance[];
  redisUrl: string;
  logsDir: string;
  /** Resolves when one of the processes ends though nobody asked it to: which, how, and its last words. */
  broken: Promise<string>;
  /** The services drain for a moment; then all of it is gone, data included. */
  stop(): Promise<void>;
}

/** For what the services hold at the end; Ctrl-C is to take 3 s at most, all in all. */
const drainMs = 1200;
const watchEveryMs = 200;
const lastWords = 8;

/** @throws {Error} with the last log lines of what did not start; the dead-man has what was started before */
export async function startStand(options: StandOptions): Promise<Stand> {
  const { redis, deadMan, projectRoot } = options;
  const dir = mkdtempSync(join(tmpdir(), 'redproof-start-'));
  deadMan.registerDirectory(dir);
  const spec = judgeOf({
    apis: 0,
    workers: options.workers,
    leaseMs: 10_000,
    redis: { appendonly: 'yes', appendfsync: 'everysec', save: '' },
    env: everywhere({ DRAIN_GRACE_MS: String(drainMs - 200), API_LAME_DUCK_MS: '0', ...options.settings }),
  });
  const system = await startJudge(spec, {
    redis,
    deadMan,
    projectRoot,
    temporaryDir: dir,
    outputDir: dir,
    // On a server of somebody else's, what is written must be told apart from theirs.
    prefix: redis.kind === 'external' ? `redproof-start-${process.pid}:` : 'judge:',
    originMs: monotonicMs(),
  });
  // One after the other, so that both cannot find the same port free.
  const api = await startAt(system, 'api', options.apiPort);
  const subscriber = await startAt(system, 'subscriber', options.subscriberPort);
  const watch = watchOver(system, redis.kind === 'external' ? undefined : join(dir, 'logs/redis.log'));
  return {
    api,
    subscriber,
    workers: system.instances('worker'),
    redisUrl: system.redisUrl,
    logsDir: join(dir, 'logs'),
    broken: watch.broken,
    stop: async () => {
      watch.end();
      await Promise.all(allOf(system).map(({ process }) => process.terminate(drainMs)));
      await system.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function startAt(system: JudgeSystem, service: 'api' | 'subscriber', port: number): Promise<Instance> {
  return system.start(service, (await isFree(port)) ? port : await freePort());
}

/** Nobody has it on this machine: an address that is bound elsewhere only would still surprise whoever types the URL. */
async function isFree(port: number): Promise<boolean> {
  const listens = (host?: string) =>
    new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAFNOSUPPORT'));
      probe.listen({ port, ...(host && { host }), exclusive: true }, () => probe.close(() => resolve(true)));
    });
  return (await listens('127.0.0.1')) && (await listens());
}

function watchOver(
  system: JudgeSystem,
  redisLog: string | undefined,
): { broken: Promise<string>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const broken = new Promise<string>((resolve) => {
    const tell = (what: string, log: string) => {
      if (!over) resolve(`${what} by itself; its log ends:\n${lastLines(log, 0, lastWords)}`);
    };
    for (const { name, process } of allOf(system)) {
      process.exited.then((exit) => tell(`${name} ended (${describe(exit)})`, process.logFile));
    }
    if (redisLog === undefined) return;
    const redis = system.ownRedis();
    timer = setInterval(() => redis.alive() || tell('Redis ended', redisLog), watchEveryMs);
  });
  return {
    broken,
    end: () => {
      over = true;
      clearInterval(timer);
    },
  };
}

function allOf(system: JudgeSystem): Instance[] {
  return (['api', 'subscriber', 'worker'] as const).flatMap((service) => [...system.instances(service)]);
}
