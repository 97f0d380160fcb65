// Runs one contender in a process of its own, on a Redis of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binaryProgram, redisServer } from '../harness/system/redis-server.ts';
import type { Place } from './bench.ts';
import type { Measured, Order } from './contender-main.ts';

/** @throws {Error} when the contender's process ends without an answer */
export async function runContender(
  place: Place,
  order: Omit<Order, 'url' | 'prefix'>,
  execArgv: string[] = [],
): Promise<Measured> {
  const dir = mkdtempSync(join(place.temporaryDir, 'redis-'));
  const settings = { save: '', appendonly: 'no' };
  const logFile = join(dir, 'redis.log');
  const server = await redisServer(
    { program: binaryProgram(place.redis), name: 'redis', dir, logFile, settings },
    place.deadMan,
  );
  await server.start();
  // Dies with this process: its channel closes.
  const child = fork(join(import.meta.dirname, 'contender-main.ts'), { execArgv });
  try {
    child.send({ ...order, url: server.url, prefix: 'bench:' } satisfies Order);
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${order.contender}: its process ended (${signal ?? code}) without an answer`);
    });
    const [measured] = (await Promise.race([once(child, 'message'), ended])) as [Measured];
    ended.catch(() => {});
    return measured;
  } finally {
    child.kill();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
