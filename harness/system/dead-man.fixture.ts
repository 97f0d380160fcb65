// A harness to be killed: starts a Redis, a sleeper that it pauses, and a shell with a grandchild in a session of its
// own, says on one line who they are, and waits for its death.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideRedis } from '../toolchain/redis.ts';
import { startDeadMan } from './dead-man.ts';
import { allPids, belongsToRun, commandLine } from './proc.ts';
import { launch } from './process.ts';
import { binaryProgram, redisServer } from './redis-server.ts';

const deadMan = await startDeadMan();
const { token } = deadMan;
const dir = mkdtempSync(join(tmpdir(), 'redproof-fixture-'));
deadMan.registerDirectory(dir);
const { PATH, REDIS_SERVER } = process.env;
const binary = await provideRedis({ root: process.cwd(), env: { PATH, REDIS_SERVER }, say: console.error });
const settings = { appendonly: 'yes', save: '' };
const redis = await redisServer(
  { program: binaryProgram(binary), name: 'redis', dir, logFile: join(dir, 'redis.log'), settings },
  deadMan,
);
const logFile = join(dir, 'sleepers.log');
const paused = launch({ name: 'paused', command: 'sleep', args: ['600'], logFile }, deadMan);
await paused.pause();
// setsid: neither its parent nor its group leads to it, only the token does.
const script = 'setsid sleep 601 & echo started; wait';
const shell = launch({ name: 'shell', command: 'sh', args: ['-c', script], logFile }, deadMan);
await shell.waitForLog('started', 5000);
const pidOf = async (text: string) => {
  for (;;) {
    const pid = allPids().find(
      (candidate) => commandLine(candidate).includes(text) && candidate !== process.pid,
    );
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const grandchild = allPids().find(
  (pid) => belongsToRun(pid, token) && commandLine(pid).includes('\x00601\x00'),
);
const pids = {
  redis: redis.pid(),
  paused: paused.pid,
  shell: shell.pid,
  grandchild: grandchild ?? (await pidOf('sleep\x00601')),
  deadMan: await pidOf(token),
};
console.log(JSON.stringify({ token, dir, pids }));
setInterval(() => {}, 60_000);
