// What the judge's parts stand on: how its Redis and its services come to life. Here as processes of this machine; as containers
// of the compose file in compose-ground.ts. Which parts there are, and what becomes of them, is judge.ts' business.

import type { DeadMan } from './dead-man.ts';
import { launch, type ManagedProcess } from './process.ts';
import type { RedisProgram } from './redis-program.ts';
import { type OwnRedis, programOf } from './redis-source.ts';
import { type Service, servicePrograms } from './service-programs.ts';

export interface ServiceLaunch {
  service: Service;
  name: string;
  /** Where it listens, on 127.0.0.1. */
  port: number;
  env: Record<string, string>;
  logFile: string;
}

export interface Ground {
  /** The address of this machine at which a service reaches the harness. */
  readonly harnessHost: string;
  program(redis: OwnRedis): RedisProgram;
  /** From the URL of Redis for the harness to the one for a service. */
  redisUrl(url: string): string;
  launch(service: ServiceLaunch): Promise<ManagedProcess>;
  /** When nothing stands on it any more. */
  close(): Promise<void>;
}

export async function processes(queue: string, projectRoot: string, deadMan: DeadMan): Promise<Ground> {
  const programs = await servicePrograms(queue, projectRoot);
  return {
    harnessHost: '127.0.0.1',
    program: programOf,
    redisUrl: (url) => url,
    launch: async ({ service, name, port, env, logFile }) =>
      launch(
        {
          name,
          command: process.execPath,
          args: programs.args(service),
          cwd: projectRoot,
          logFile,
          env: { ...env, ...programs.env, PORT: String(port) },
        },
        deadMan,
      ),
    close: async () => {},
  };
}
