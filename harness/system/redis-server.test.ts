// The harness's Redis on a real one: what a kill keeps, what proves a restart, what a refusal says.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { provideRedis, type RedisBinary } from '../toolchain/redis.ts';
import { type DeadMan, startDeadMan } from './dead-man.ts';
import { freePort } from './ports.ts';
import { hasProc, threadStates } from './proc.ts';
import { binaryProgram, type RedisServer, redisServer } from './redis-server.ts';

/** Ports that the next calls of freePort give, as if somebody took them right after the probe. */
const nextPorts = vi.hoisted((): number[] => []);
vi.mock('./ports.ts', async (original) => {
  const ports = await original<typeof import('./ports.ts')>();
  return { freePort: async () => nextPorts.shift() ?? ports.freePort() };
});

let deadMan: DeadMan;
let binary: RedisBinary;
let home: string;
let count = 0;
const servers: RedisServer[] = [];

beforeAll(async () => {
  deadMan = await startDeadMan();
  home = mkdtempSync(join(tmpdir(), 'redproof-redis-'));
  deadMan.registerDirectory(home);
  const { REDIS_SERVER, PATH } = process.env;
  binary = await provideRedis({ root: process.cwd(), env: { REDIS_SERVER, PATH }, say: console.error });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(() => deadMan.dismiss());

async function start(settings: Record<string, string>): Promise<RedisServer> {
  const dir = join(home, `data-${++count}`);
  mkdirSync(dir);
  const options = {
    program: binaryProgram(binary),
    name: 'redis',
    dir,
    logFile: join(home, `log-${count}`),
    settings,
  };
  const server = await redisServer(options, deadMan);
  servers.push(server);
  return server;
}

async function withClient<T>(server: RedisServer, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}

test('AOF always: SIGKILL and restart keep what was acknowledged, on the same port, with another run_id', async () => {
  const server = await start({ appendonly: 'yes', appendfsync: 'always', save: '' });
  await withClient(server, async (redis) => {
    for (let i = 0; i < 100; i++) await redis.rpush('list', i);
  });
  const [runId, pid] = [await server.runId(), server.pid()];
  expect(await server.kill()).toMatchObject({ signal: 'SIGKILL' });
  await server.restart();
  expect(await withClient(server, (redis) => redis.llen('list'))).toBe(100);
  expect(await server.runId()).not.toBe(runId);
  expect(server.pid()).not.toBe(pid);
  expect(server.version).toMatch(/^\d+\.\d+/);
});

test('the control: without persistence the same kill loses all', async () => {
  const server = await start({ appendonly: 'no', save: '' });
  await withClient(server, (redis) => redis.set('key', 'value'));
  await server.kill();
  await server.restart();
  expect(await withClient(server, (redis) => redis.dbsize())).toBe(0);
});

test('terminate saves as it is set to; several words in one setting', async () => {
  const server = await start({ appendonly: 'no', save: '3600 1 300 100' });
  await withClient(server, (redis) => redis.set('key', 'value'));
  expect(await server.terminate()).toMatchObject({ code: 0, signal: null });
  await server.start();
  expect(await withClient(server, (redis) => redis.get('key'))).toBe('value');
  expect((await server.info('persistence')).rdb_last_load_keys_loaded).toBe('1');
});

test.runIf(hasProc)('pause and resume', async () => {
  const server = await start({ save: '' });
  await server.pause();
  expect(new Set(threadStates(server.pid()))).toEqual(new Set(['T']));
  await expect(server.info('server')).rejects.toThrow('connected, but no answer within 2000 ms');
  await server.resume();
  expect((await server.info('server')).redis_mode).toBe('standalone');
});

test('start while it runs does nothing; restart while it runs is an error', async () => {
  const server = await start({ save: '' });
  const pid = server.pid();
  await server.start();
  expect(server.pid()).toBe(pid);
  await expect(server.restart()).rejects.toThrow(`redis (pid ${pid}) still runs: kill or terminate it first`);
});

test('a password is in the URL', async () => {
  const server = await start({ save: '', requirepass: 'p@ss word' });
  expect(await withClient(server, (redis) => redis.ping())).toBe('PONG');
});

test("settings that Redis refuses: Redis' own words, and no process left", async () => {
  const refusal = await start({ appendfsync: 'sometimes' }).then(
    () => 'none',
    (error: Error) => error.message,
  );
  expect(refusal).toMatch(/^redis ended \(status 1\) before it was ready; its log ends:\n/);
  expect(refusal).toContain('appendfsync "sometimes"');
  expect(refusal).toContain('argument(s) must be one of');
  await expect(start({ 'no-such-directive': 'yes' })).rejects.toThrow(
    /Bad directive or wrong number of arguments/,
  );
});

test('a port that is taken: another one at the start, an error at a restart', async () => {
  const taken = await freePort();
  const first = await listen(taken);
  nextPorts.push(taken);
  const server = await start({ save: '' });
  expect(nextPorts).toEqual([]);
  expect(server.port).not.toBe(taken);
  await new Promise((resolve) => first.close(resolve));
  await server.kill();
  const squatter = await listen(server.port);
  await expect(server.restart()).rejects.toThrow(`port ${server.port} is taken`);
  await new Promise((resolve) => squatter.close(resolve));
  await server.restart();
});

test('free ports are below the ephemeral range and never the same', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  expect(ports.every((port) => port >= 20_000 && port < 32_000)).toBe(true);
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
