// From the flag --redis to a source of Redis: the harness's own binary, or somebody else's server.

import { provideRedis } from '../toolchain/redis.ts';
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

/** @throws {UsageError} when the flag or the server is no good */
export async function findRedis(options: FindOptions): Promise<{ redis: RedisSource; from: string }> {
  const { flag, projectRoot, env, say } = options;
  if (flag !== undefined && flag !== 'binary') {
    if (!/^rediss?:\/\//.test(flag)) {
      throw new UsageError(
        `--redis ${JSON.stringify(flag)}: expected "binary" or a URL such as redis://127.0.0.1:6379`,
      );
    }
    const { url, version } = await connectExternal(flag).catch((error: Error) => {
      throw new UsageError(`--redis ${error.message}`, { cause: error });
    });
    return { redis: { kind: 'external', url, version }, from: withoutPassword(url) };
  }
  const binary = await provideRedis({ root: projectRoot, env, say }).catch((error: Error) => {
    throw new UsageError(error.message, { cause: error });
  });
  return { redis: { kind: 'binary', binary, version: binary.version }, from: binary.from };
}
