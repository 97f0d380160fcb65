// Finds a redis-server or provides one: $REDIS_SERVER, PATH, one unpacked earlier, the distribution's package unpacked
// into .tools/ without touching the system; else an error that says what to install. It starts no server.

import { namedProgram, searchPath } from './path.ts';
import { inspectRedis, type RedisBinary } from './redis-binary.ts';
import { unpackedRedis, unpackRedis } from './redis-package.ts';
import { redisFloor } from './redis-version.ts';

export type { RedisBinary } from './redis-binary.ts';

export interface ProvideOptions {
  /** The project's root: .tools/ is in it. */
  root: string;
  env: { REDIS_SERVER?: string | undefined; PATH?: string | undefined };
  /** Told, a line each, what takes time or was passed over. */
  say: (line: string) => void;
}

const wanted = `the path of a redis-server ${redisFloor} or newer`;

/** @throws {Error} that says what was tried and what to install. */
export async function provideRedis({ root, env, say }: ProvideOptions): Promise<RedisBinary> {
  // Whoever names a server wants that one: no looking further.
  if (env.REDIS_SERVER)
    return inspectRedis(namedProgram('REDIS_SERVER', env.REDIS_SERVER, wanted), {}, 'REDIS_SERVER');

  const tried: string[] = [];
  const attempt = async (find: () => Promise<RedisBinary | undefined>, missing: string) => {
    try {
      const found = await find();
      if (found === undefined) tried.push(missing);
      return found;
    } catch (error) {
      tried.push((error as Error).message);
      say(`passed over: ${(error as Error).message}`);
      return undefined;
    }
  };
  const onPath = async () => {
    const path = searchPath('redis-server', env.PATH ?? '');
    return path === undefined ? undefined : inspectRedis(path, {}, `PATH (${path})`);
  };
  const found =
    (await attempt(onPath, 'no redis-server on PATH')) ??
    (await attempt(() => unpackedRedis(root), 'none unpacked in .tools/redis')) ??
    (await attempt(
      () => unpackRedis(root, env.PATH ?? '', say),
      'this is no Debian or Ubuntu (no apt-get, dpkg-deb)',
    ));
  if (found !== undefined) return found;
  throw new Error(
    [
      `no redis-server ${redisFloor} or newer was found or could be provided:`,
      ...tried.map((line) => `  - ${line}`),
      `install one (Debian, Ubuntu: apt install redis-server; Fedora: dnf install redis or valkey; macOS: brew install redis)`,
      'or set REDIS_SERVER to the path of a redis-server',
    ].join('\n'),
  );
}
