// From the flag --redis to a source of Redis: the harness's own binary or container, or somebody else's server.

import { findEngine } from '../toolchain/docker.ts';
import { provideRedis } from '../toolchain/redis.ts';
import { defaultRedisImage, inspectRedisImage } from '../toolchain/redis-image.ts';
import { connectExternal } from './external-redis.ts';
import { type RedisSource, withoutPassword } from './redis-source.ts';

/** Something that the user gave is wrong: one line that says what, and what would be right. */
export class UsageError extends Error {}

export interface FindOptions {
  flag: string | undefined;
  projectRoot: string;
  env: { REDIS_SERVER?: string; PATH?: string };
  say: (line: string) => void;
}

export interface FoundRedis {
  redis: RedisSource;
  /** For people. */
  from: string;
}

/** @throws {UsageError} when the flag, the server or the image is no good */
export async function findRedis(options: FindOptions): Promise<FoundRedis> {
  const { flag = 'binary', projectRoot, env, say } = options;
  try {
    if (flag === 'binary') return await ownBinary(projectRoot, env, say);
    if (flag === 'docker') return await container(defaultRedisImage, say);
    if (flag.startsWith('docker:')) return await container(flag.slice('docker:'.length), say);
    if (/^rediss?:\/\//.test(flag)) return await somebodys(flag);
  } catch (error) {
    const named = flag === 'binary' ? '' : '--redis ';
    throw new UsageError(`${named}${(error as Error).message}`, { cause: error });
  }
  throw new UsageError(
    `--redis ${JSON.stringify(flag)}: expected "binary", "docker", "docker:" and an image such as docker:redis:7, or a URL such as redis://127.0.0.1:6379`,
  );
}

/** Where no redis-server can be provided, a container is the last resort. */
async function ownBinary(
  root: string,
  env: FindOptions['env'],
  say: FindOptions['say'],
): Promise<FoundRedis> {
  try {
    const binary = await provideRedis({ root, env, say });
    return { redis: { kind: 'binary', binary, version: binary.version }, from: binary.from };
  } catch (error) {
    // Whoever names a server wants that one.
    if (env.REDIS_SERVER) throw error;
    return await container(defaultRedisImage, say).catch((otherwise: Error) => {
      throw new Error(`${(error as Error).message}\nor let Docker run it: ${otherwise.message}`, {
        cause: error,
      });
    });
  }
}

async function container(image: string, say: FindOptions['say']): Promise<FoundRedis> {
  const engine = await findEngine();
  const version = await inspectRedisImage(image, engine, say);
  return { redis: { kind: 'docker', image, engine, version }, from: `the Docker image ${image}` };
}

async function somebodys(flag: string): Promise<FoundRedis> {
  const { url, version } = await connectExternal(flag);
  return { redis: { kind: 'external', url, version }, from: withoutPassword(url) };
}
