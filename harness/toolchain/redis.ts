// Finds a redis-server or provides one (packaged-program.ts says in which order). It starts no server.

import { type ProvideOptions, provideProgram } from './packaged-program.ts';
import { type RedisBinary, redisProgram } from './redis-binary.ts';

export type { ProvideOptions } from './packaged-program.ts';
export type { RedisBinary } from './redis-binary.ts';

/** @throws {Error} that says what was tried and what to install. */
export function provideRedis(options: ProvideOptions): Promise<RedisBinary> {
  return provideProgram(redisProgram, options);
}
