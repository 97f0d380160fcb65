// What a Redis of the harness runs: a binary of this machine as a process, or an image as a container. Each launches the server
// and the programs that come with it; what a server is, is in redis-server.ts.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine } from '../toolchain/docker.ts';
import type { RedisBinary } from '../toolchain/redis-binary.ts';
import { type ContainerSpec, launchContainer, type ManagedContainer, runInContainer } from './container.ts';
import type { DeadMan } from './dead-man.ts';
import { isAlive } from './proc.ts';
import { launch, type ManagedProcess } from './process.ts';
import { PortTakenError } from './redis-ready.ts';
import { onSystemPath, runTool } from './tool.ts';

export type RedisTool = 'redis-check-aof' | 'redis-check-rdb';

export interface ServerLaunch {
  name: string;
  args: readonly string[];
  logFile: string;
  dir: string;
  port: number;
}

export interface RedisProgram {
  /** Settings by which it is reached on 127.0.0.1. */
  readonly listens: Readonly<Record<string, string>>;
  /** Its pid in its own eyes, where that is another than in the harness's. */
  readonly ownPid?: number;
  /** @throws {PortTakenError} when that shows before Redis itself can say so */
  launch(server: ServerLaunch, deadMan: DeadMan): Promise<ManagedProcess>;
  isAlive(server: ManagedProcess): boolean;
  /** @returns what it printed */
  tool(
    run: { tool: RedisTool; args: readonly string[]; input: string | undefined; dir: string },
    deadMan: DeadMan,
  ): Promise<string>;
  /** `undefined` where there is no redis-benchmark. */
  benchmark(server: ManagedProcess, args: readonly string[], deadMan: DeadMan): Promise<string | undefined>;
}

export function binaryProgram({ path, env }: RedisBinary): RedisProgram {
  return {
    listens: { bind: '127.0.0.1' },
    launch: async ({ name, args, logFile, dir }, deadMan) =>
      launch({ name, command: path, args: [...args], env, logFile, cwd: dir }, deadMan),
    isAlive: ({ pid }) => isAlive(pid),
    // The server's own binary under another name.
    tool: ({ tool, args, input }, deadMan) =>
      runTool(path, args, deadMan, { argv0: tool, env, ...(input === undefined ? {} : { input }) }),
    benchmark: async (_, args, deadMan) => {
      const beside = join(dirname(path), 'redis-benchmark');
      const program = existsSync(beside) ? beside : 'redis-benchmark';
      if (program !== beside && !onSystemPath(program)) return undefined;
      return runTool(program, args, deadMan, { env });
    },
  };
}

export type StartServer = (
  spec: ContainerSpec,
  engine: Engine,
  deadMan: DeadMan,
) => Promise<ManagedContainer>;

/**
 * Each start is a new container on the same directory and port. The image's entry point is left out: it would give the data to
 * a user of its own.
 */
export function imageProgram(
  image: string,
  engine: Engine,
  start: StartServer = launchContainer,
): RedisProgram {
  const containers = new WeakMap<ManagedProcess, string>();
  return {
    listens: { bind: '0.0.0.0', 'protected-mode': 'no' },
    ownPid: 1,
    launch: async ({ name, args, logFile, dir, port }, deadMan) => {
      const command = ['redis-server', ...args];
      try {
        const started = await start({ name, image, command, dirs: [dir], port, logFile }, engine, deadMan);
        containers.set(started, started.id);
        return started;
      } catch (error) {
        const { message } = error as Error;
        if (!/port is already allocated|address already in use/.test(message)) throw error;
        throw new PortTakenError(message, { cause: error });
      }
    },
    isAlive: (server) => server.alive(),
    tool: ({ tool, args, input, dir }, deadMan) =>
      runInContainer({ name: tool, image, command: [tool, ...args], dirs: [dir], input }, engine, deadMan),
    benchmark: async (server, args, deadMan) => {
      const command = ['redis-benchmark', ...args];
      const networkOf = containers.get(server)!;
      return runInContainer({ name: 'redis-benchmark', image, command, networkOf }, engine, deadMan);
    },
  };
}
