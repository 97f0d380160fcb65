// Where the Redis under test comes from: a binary that the harness starts and may crash, or a server of somebody else.

import type { RedisBinary } from '../toolchain/redis.ts';

export type RedisSource =
  | { kind: 'binary'; binary: RedisBinary; version: string }
  | { kind: 'external'; url: string; version: string };

/** A URL for people and for files. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
