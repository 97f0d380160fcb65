// From `--system compose` to a stack that can be run: an engine on this machine's kernel, Docker Compose, and the images.

import { type Compose, findCompose } from '../toolchain/compose.ts';
import { findEngine, hasImage } from '../toolchain/docker.ts';
import { inspectRedisImage } from '../toolchain/redis-image.ts';
import type { Stack } from './compose-ground.ts';
import { UsageError } from './find-redis.ts';
import type { RedisSource } from './redis-source.ts';

export interface FoundStack {
  stack: Stack;
  redis: RedisSource;
  /** For people. */
  from: string;
}

export interface FindStackOptions {
  projectRoot: string;
  env: Record<string, string | undefined>;
  say: (line: string) => void;
}

const buildTimeoutMs = 10 * 60_000;

/** @throws {UsageError} one line that says what is missing and how to get it */
export async function findStack({ projectRoot, env, say }: FindStackOptions): Promise<FoundStack> {
  try {
    const engine = await findEngine();
    if (!engine.sharesKernel) {
      throw new Error(
        'the Docker engine runs on another kernel than the harness, and the ledgers of the services need its clock: run it on Linux, beside the engine',
      );
    }
    const compose = await findCompose(projectRoot, env);
    const images = await imagesOf(compose);
    const version = await inspectRedisImage(images.redis, engine, say);
    if (!(await hasImage(engine, images.services))) {
      say(`the Docker image ${images.services} is not here: building it`);
      await compose.run(['build', 'api'], {}, buildTimeoutMs);
    }
    const stack = { compose, engine, redisImage: images.redis };
    const from = `compose.yaml (${images.redis}, ${images.services})`;
    return { stack, redis: { kind: 'docker', image: images.redis, engine, version }, from };
  } catch (error) {
    throw new UsageError(`--system compose: ${(error as Error).message}`, { cause: error });
  }
}

async function imagesOf(compose: Compose): Promise<{ redis: string; services: string }> {
  const { services } = JSON.parse(await compose.run(['config', '--format', 'json'])) as {
    services: Record<string, { image: string }>;
  };
  return { redis: services.redis!.image, services: services.api!.image };
}
