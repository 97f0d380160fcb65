// A Redis that the harness owns: a process or a container on a loopback port with its own directory, which can be ended,
// killed, paused and started again on the same port and data. What it runs is in redis-program.ts; it judges nothing.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DeadMan } from './dead-man.ts';
import { freePort } from './ports.ts';
import type { Exit, ManagedProcess } from './process.ts';
import type { RedisProgram, RedisTool } from './redis-program.ts';
import { PortTakenError, untilReady } from './redis-ready.ts';
import { ask, parseInfo, type RedisAddress } from './resp.ts';

export { connectExternal, type ExternalRedis } from './external-redis.ts';
export { binaryProgram } from './redis-program.ts';
export { RedisRefusedError } from './redis-ready.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly version: string;
  /** Changes with each start: the proof that a restart was one. */
  runId(): Promise<string>;
  /** Nothing happens if it runs already. */
  start(): Promise<void>;
  /** SIGTERM: Redis flushes and saves as it is set to. SIGKILL after 10 s. */
  terminate(): Promise<Exit>;
  kill(): Promise<Exit>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Resolves when the process that runs now has ended, whoever ended it. */
  ended(): Promise<Exit>;
  /**
   * After its end: again on the same port and data, for this start with some settings changed; resolves when the data is
   * loaded. @throws {RedisRefusedError} when Redis does not take the settings or the data
   */
  restart(changes?: Record<string, string>): Promise<void>;
  /** One of the programs that come with Redis, which are the server's own binary under another name. */
  tool(name: RedisTool, args: readonly string[], input?: string): Promise<string>;
  /** redis-benchmark on this server; `undefined` where that program is missing. @returns what it printed */
  benchmark(args: readonly string[]): Promise<string | undefined>;
  /** While it is down: takes everything out of its directory. */
  eraseData(): void;
  /** The lines of one section of INFO. */
  info(section: string): Promise<Record<string, string>>;
  /** Of the running process, or of the last one. */
  pid(): number;
  /** Whether that process is there, by the word of the system that runs it. */
  alive(): boolean;
  /** For teardown: whatever state it is in, it is gone afterwards. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  program: RedisProgram;
  name: string;
  dir: string;
  /** Redis' own log, appended to by each start. */
  logFile: string;
  /** Redis' configuration, such as `{ appendonly: 'yes', appendfsync: 'always', save: '' }`. */
  settings: Record<string, string>;
}

const answerDeadlineMs = 2000;

/** Directives of several words; for all others a space is part of the value. */
const manyWords = new Set(['save', 'client-output-buffer-limit', 'oom-score-adj-values', 'rename-command']);

/** Started and ready. @throws {Error} with Redis' own words if it refuses the settings or the data. */
export async function redisServer(options: RedisServerOptions, deadMan: DeadMan): Promise<RedisServer> {
  const { program, name, dir, logFile, settings } = options;
  const password = settings.requirepass;
  let current: ManagedProcess | undefined;
  let address: RedisAddress = { host: '127.0.0.1', port: 0 };

  const boot = async (changes: Record<string, string> = {}) => {
    const logStartBytes = sizeBytes(logFile);
    const owned = { port: String(address.port), dir, ...program.listens };
    const args = words({ ...settings, ...changes }, owned);
    current = await program.launch({ name, args, logFile, dir, port: address.port }, deadMan);
    try {
      await untilReady(current, address, logStartBytes, program.ownPid);
    } catch (error) {
      await current.kill();
      throw error;
    }
  };
  for (let tries = 1; ; tries++) {
    address = { host: '127.0.0.1', port: await freePort(), ...(password ? { password } : {}) };
    try {
      await boot();
      break;
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === 5) throw error;
    }
  }

  const running = (): ManagedProcess => current!;
  const info = async (section: string) => parseInfo(await ask(address, ['INFO', section], answerDeadlineMs));
  const { redis_version: version = 'unknown' } = await info('server');
  return {
    url: `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${address.port}`,
    port: address.port,
    dir,
    version,
    runId: async () => (await info('server')).run_id!,
    start: async () => {
      if (!running().alive()) await boot();
    },
    terminate: () => running().terminate(10_000),
    kill: () => running().kill(),
    pause: () => running().pause(),
    resume: () => running().resume(),
    ended: () => running().exited,
    restart: async (changes) => {
      if (running().alive())
        throw new Error(`${name} (pid ${running().pid}) still runs: kill or terminate it first`);
      await boot(changes);
    },
    tool: (tool, args, input) => program.tool({ tool, args, input, dir }, deadMan),
    benchmark: (args) => program.benchmark(running(), ['-p', String(address.port), ...args], deadMan),
    eraseData: () => {
      if (running().alive()) throw new Error(`${name} (pid ${running().pid}) still runs on its data`);
      for (const file of readdirSync(dir)) rmSync(join(dir, file), { recursive: true, force: true });
    },
    info,
    pid: () => running().pid,
    alive: () => program.isAlive(running()),
    stop: async () => {
      if (running().alive())
        await running()
          .resume()
          .catch(() => {}); // it may end meanwhile
      await running().terminate(2000);
    },
  };
}

function words(settings: Record<string, string>, owned: Record<string, string>): string[] {
  const given = Object.entries(settings).flatMap(([directive, value]) => [
    `--${directive}`,
    ...(manyWords.has(directive) && value !== '' ? value.split(/\s+/) : [value]),
  ]);
  // A title would overwrite the environment, by which the dead-man recognises its own.
  const own = { ...owned, daemonize: 'no', logfile: '', 'set-proc-title': 'no' };
  return [...given, ...Object.entries(own).flatMap(([name, value]) => [`--${name}`, value])];
}

function sizeBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
