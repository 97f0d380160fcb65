// Real services on a real Redis, as processes of their own, without a ledger: what a bench loads.

import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../harness/system/ports.ts';
import { launch } from '../harness/system/process.ts';
import { binaryProgram, redisServer } from '../harness/system/redis-server.ts';
import { programsIn, type ServicePrograms, servicePrograms } from '../harness/system/service-programs.ts';
import { bundleServices } from '../harness/toolchain/services-bundle.ts';
import type { Place } from './bench.ts';

export interface Services {
  redisUrl: string;
  /** Starts one and waits until it is ready. */
  start(service: 'api' | 'worker', env?: Record<string, string>): Promise<{ url: string }>;
  /** Kills them, and their Redis. */
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '..');
const startDeadlineMs = 20_000;

/** Services that count nothing. */
export async function withoutMetrics(): Promise<ServicePrograms> {
  return programsIn(
    await bundleServices(root, { 'prom-client': join(import.meta.dirname, 'no-metrics.ts') }),
    root,
  );
}

/** Redis in memory; no service yet. */
export async function openServices(
  { redis, deadMan, temporaryDir }: Place,
  special?: ServicePrograms,
): Promise<Services> {
  const programs = special ?? (await servicePrograms('reliable-list', root));
  const dir = mkdtempSync(join(temporaryDir, 'services-'));
  const settings = { save: '', appendonly: 'no' };
  const logFile = join(dir, 'redis.log');
  const server = await redisServer(
    { program: binaryProgram(redis), name: 'redis', dir, logFile, settings },
    deadMan,
  );
  await server.start();
  const running: ReturnType<typeof launch>[] = [];
  return {
    redisUrl: server.url,
    async start(service, env = {}) {
      const port = await freePort();
      const process = launch(
        {
          name: service,
          command: globalThis.process.execPath,
          args: programs.args(service),
          cwd: root,
          logFile: join(dir, `${service}.log`),
          env: { REDIS_URL: server.url, PORT: String(port), QUEUE_CAP: '0', ...programs.env, ...env },
        },
        deadMan,
      );
      running.push(process);
      await process.waitForLog('"msg":"ready"', startDeadlineMs);
      return { url: `http://127.0.0.1:${port}` };
    },
    async stop() {
      await Promise.all(running.map((process) => process.kill()));
      await server.stop();
    },
  };
}
