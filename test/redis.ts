// A real Redis for a test file: found or provided as in a run, its own port and directory, and gone when the file ends,
// also when the test process is killed.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { binaryProgram, type RedisServer, redisServer } from '../harness/system/redis-server.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';

export type TestRedis = Pick<RedisServer, 'url' | 'port' | 'kill' | 'restart' | 'pause' | 'resume'>;

/** Call it in a test file's top level or in `beforeAll`. AOF always, unless `settings` say otherwise. */
export async function startRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const deadMan = await startDeadMan();
  afterAll(() => deadMan.dismiss());
  const dir = mkdtempSync(join(tmpdir(), 'redproof-test-'));
  deadMan.registerDirectory(dir);
  const root = resolve(import.meta.dirname, '..');
  const binary = await provideRedis({ root, env: process.env, say: () => {} });
  const always = { save: '', appendonly: 'yes', appendfsync: 'always' };
  const options = {
    program: binaryProgram(binary),
    name: 'redis',
    dir,
    logFile: join(dir, 'redis.log'),
    settings: { ...always, ...settings },
  };
  return redisServer(options, deadMan);
}
