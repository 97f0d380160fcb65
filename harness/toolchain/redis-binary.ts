// Is this file a Redis that will do: does it run here, is it Redis (or Valkey), is it new enough. It does not look for
// the file.

import { execa } from 'execa';
import { atLeast, redisFloor } from './redis-version.ts';

export interface RedisBinary {
  path: string;
  /** What it needs to run, such as LD_LIBRARY_PATH. */
  env: Record<string, string>;
  version: string;
  /** For people: where it was found. */
  from: string;
}

/** @throws {Error} that names the path, what is wrong with it and what would be right. */
export async function inspectRedis(
  path: string,
  env: Record<string, string>,
  from: string,
): Promise<RedisBinary> {
  const run = await execa(path, ['--version'], {
    env,
    reject: false,
    timeout: 5000,
    stdin: 'ignore',
    all: true,
  });
  const version = /^(?:Redis|Valkey) server v=(\d+(?:\.\d+)+)/m.exec(run.all ?? '')?.[1];
  if (version === undefined) {
    const said = (run.all ?? '').trim().split('\n')[0] || run.shortMessage || 'nothing';
    throw new Error(`${from}: ${path} is not a working redis-server: \`--version\` said: ${said}`);
  }
  if (!atLeast(version, redisFloor)) {
    throw new Error(`${from}: ${path} is Redis ${version}; Redis ${redisFloor} or newer is needed`);
  }
  return { path, env, version, from };
}
