// What the judge's parts stand on: how its Redis and its services come to life. Here as processes of this machine; as containers
// of the compose file in compose-ground.ts. Which parts there are, and what becomes of them, is judge.ts' business.

import { join } from 'node:path';
import { isFile } from '../../services/shared/queue/load.ts';
import { bundleServices, cacheDir } from '../toolchain/services-bundle.ts';
import type { DeadMan } from './dead-man.ts';
import { launch, type ManagedProcess } from './process.ts';
import type { RedisProgram } from './redis-program.ts';
import { type OwnRedis, programOf } from './redis-source.ts';

export interface ServiceLaunch {
  service: 'api' | 'worker' | 'subscriber';
  name: string;
  /** Where it listens, on 127.0.0.1. */
  port: number;
  env: Record<string, string>;
  logFile: string;
}

export interface Ground {
  program(redis: OwnRedis): RedisProgram;
  /** From the URL of Redis for the harness to the one for a service. */
  redisUrl(url: string): string;
  launch(service: ServiceLaunch): Promise<ManagedProcess>;
  /** When nothing stands on it any more. */
  close(): Promise<void>;
}

/** Made once for all systems of this process. */
let bundle: Promise<string> | undefined;

export async function processes(queue: string, projectRoot: string, deadMan: DeadMan): Promise<Ground> {
  const programs = await programsFor(queue, projectRoot);
  return {
    program: programOf,
    redisUrl: (url) => url,
    launch: async ({ service, name, port, env, logFile }) =>
      launch(
        {
          name,
          command: process.execPath,
          args: programs(service),
          cwd: projectRoot,
          logFile,
          env: {
            ...env,
            PORT: String(port),
            NODE_COMPILE_CACHE: cacheDir(projectRoot),
          },
        },
        deadMan,
      ),
    close: async () => {},
  };
}

/**
 * What Node is told to run. A user's own adapter imports the sources, so the services do too then: with a bundle beside
 * them there would be two of each module.
 */
async function programsFor(queue: string, projectRoot: string) {
  if (isFile(queue)) {
    const tracing = './services/shared/telemetry/instrumentation.ts';
    return (service: string) => ['--import', tracing, `./services/${service}/main.ts`];
  }
  bundle ??= bundleServices(projectRoot);
  const dir = await bundle;
  return (service: string) => ['--import', join(dir, 'instrumentation.mjs'), join(dir, `${service}.mjs`)];
}
