// Where the Redis under test comes from: a binary or an image that the harness starts and may crash, or a server of somebody
// else.

import type { Engine } from '../toolchain/docker.ts';
import type { RedisBinary } from '../toolchain/redis.ts';
import { binaryProgram, imageProgram, type RedisProgram } from './redis-program.ts';

export type RedisSource =
  | { kind: 'binary'; binary: RedisBinary; version: string }
  | { kind: 'docker'; image: string; engine: Engine; version: string }
  | { kind: 'external'; url: string; version: string };

export type OwnRedis = Exclude<RedisSource, { kind: 'external' }>;

export function programOf(source: OwnRedis): RedisProgram {
  return source.kind === 'binary' ? binaryProgram(source.binary) : imageProgram(source.image, source.engine);
}

/** Why no power can be cut under such a Redis, whatever the machine can do. */
export function whyNoDiskFor(source: RedisSource): string | undefined {
  if (source.kind !== 'docker' || source.engine.sharesKernel) return undefined;
  return 'it cuts the power of a disk under Redis, and the Docker engine runs on another kernel than the harness: run it without --redis';
}

/** A URL for people and for files. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
