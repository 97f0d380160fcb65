// A real Redis for a test file: found or provided as in a run, its own port and directory, and gone when the file ends,
// also when the test process is killed. TEST_REDIS chooses another, such as docker:redis:8.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { findRedis } from '../harness/system/find-redis.ts';
import { type RedisServer, redisServer } from '../harness/system/redis-server.ts';
import { programOf } from '../harness/system/redis-source.ts';

export type TestRedis = Pick<RedisServer, 'url' | 'port' | 'kill' | 'restart' | 'pause' | 'resume'>;

/** Call it in a test file's top level or in `beforeAll`. AOF always, unless `settings` say otherwise. */
export async function startRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const deadMan = await startDeadMan();
  afterAll(() => deadMan.dismiss());
  const dir = mkdtempSync(join(tmpdir(), 'redproof-test-'));
  deadMan.registerDirectory(dir);
  const root = resolve(import.meta.dirname, '..');
  const { redis } = await findRedis({
    flag: process.env.TEST_REDIS,
    projectRoot: root,
    env: process.env,
    say: () => {},
  });
  if (redis.kind === 'external') throw new TypeError('TEST_REDIS: the tests kill and restart their Redis');
  const always = { save: '', appendonly: 'yes', appendfsync: 'always' };
  const options = {
    program: programOf(redis),
    name: 'redis',
    dir,
    logFile: join(dir, 'redis.log'),
    settings: { ...always, ...settings },
  };
  return redisServer(options, deadMan);
}
