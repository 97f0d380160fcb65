// A container that the harness owns, with the same handles as a process of its own (process.ts): paused, resumed, asked to end
// and killed by the Docker engine, its output in a file, and labelled with the run, by which the dead-man finds it.

import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';
import { type Engine, engineSays } from '../toolchain/docker.ts';
import type { DeadMan } from './dead-man.ts';
import { runLabel } from './labelled.ts';
import { untilLogged } from './log-file.ts';
import { runVariable } from './proc.ts';
import { describe, type Exit, type ManagedProcess } from './process.ts';

export interface ContainerSpec {
  /** How messages call it. */
  name: string;
  image: string;
  /** Program and arguments, in the place of those of the image. */
  command: readonly string[];
  /** Directories that it sees at the same path as the harness does. */
  dirs?: readonly string[];
  /** A port of it that is published as the same one on 127.0.0.1. */
  port?: number;
  /** The network of another container, by id, instead of one of its own. */
  networkOf?: string;
  /** Standard output and error are appended here. */
  logFile: string;
}

export interface ManagedContainer extends ManagedProcess {
  readonly id: string;
}

/** What a container may take to be seen as ended after it was killed. */
const lastLogMs = 1000;

/** Created and started. @throws {Error} with the engine's own words; nothing is left then */
export async function launchContainer(
  spec: ContainerSpec,
  engine: Engine,
  deadMan: DeadMan,
): Promise<ManagedContainer> {
  const { name, image, command, dirs = [], port, networkOf, logFile } = spec;
  const [program, ...args] = command;
  const published = port === undefined ? undefined : `${port}/tcp`;
  deadMan.registerEngine(engine.address);
  const { id } = await engine.docker
    .createContainer({
      Image: image,
      Entrypoint: [program!],
      Cmd: args,
      Labels: { [runLabel]: deadMan.token },
      // Where the engine shares the kernel, the dead-man finds it like any process, engine or no engine.
      Env: [`${runVariable}=${deadMan.token}`],
      // What it writes belongs to whoever runs the harness, which reads it and takes it away.
      ...(process.getuid && { User: `${process.getuid()}:${process.getgid!()}` }),
      ...(published && { ExposedPorts: { [published]: {} } }),
      HostConfig: {
        Binds: dirs.map((dir) => `${dir}:${dir}`),
        LogConfig: { Type: 'json-file', Config: {} },
        ...(networkOf && { NetworkMode: `container:${networkOf}` }),
        ...(published && {
          PortBindings: { [published]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
        }),
      },
    })
    .catch((error) => {
      throw new Error(`${name}: the container cannot be made: ${engineSays(error)}`, { cause: error });
    });
  try {
    await engine.docker.getContainer(id).start();
  } catch (error) {
    await engine.docker.getContainer(id).remove({ force: true, v: true });
    throw new Error(`${name}: the container cannot be started: ${engineSays(error)}`, { cause: error });
  }
  return manageContainer(id, { name, logFile }, engine);
}

/** One that was started just now, by whomever; it is removed once it has ended. */
export async function manageContainer(
  id: string,
  { name, logFile }: { name: string; logFile: string },
  { docker }: Engine,
): Promise<ManagedContainer> {
  const container = docker.getContainer(id);
  const logStartBytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const startedAtMs = monotonicMs();
  const log = createWriteStream(logFile, { flags: 'a' });
  const opened = new Promise((resolve) => log.once('open', resolve));
  const output = await container.logs({ follow: true, stdout: true, stderr: true });
  docker.modem.demuxStream(output, log, log);
  const logged = finished(output as NodeJS.ReadableStream)
    .catch(() => {})
    .then(() => log.end());
  const { State } = await container.inspect();
  await opened;

  let ended: Exit | undefined;
  const watch = async (): Promise<Exit> => {
    const { StatusCode } = await container.wait();
    const atMs = monotonicMs();
    await Promise.race([logged, delay(lastLogMs, undefined, { ref: false })]);
    await new Promise<void>((done) => log.end(done));
    ended = { ...exitOf(StatusCode), atMs };
    await container.remove({ force: true, v: true }).catch(() => {}); // the dead-man looks once more
    return ended;
  };
  const exited = watch();
  exited.catch(() => {}); // told to whoever awaits it

  const unlessEnded = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      // 404: removed; 409: it does not run, or is in that state already.
      const { statusCode } = error as { statusCode?: number };
      if (statusCode !== 404 && statusCode !== 409)
        throw new Error(`${name}: ${engineSays(error)}`, { cause: error });
    }
  };
  const signal = (signal: NodeJS.Signals) => unlessEnded(() => container.kill({ signal }));
  const kill = async (): Promise<Exit> => {
    if (ended === undefined) await signal('SIGKILL');
    return exited;
  };
  const isPaused = async () => (await container.inspect()).State.Paused;
  const untilPaused = async (wanted: boolean): Promise<void> => {
    const state = wanted ? 'paused' : 'resumed';
    if (ended !== undefined) throw new Error(`${name} ended (${describe(ended)}) before it was ${state}`);
    // Of one that is not paused Docker says 500, and nothing by which that could be told from a failure.
    if ((await isPaused()) === wanted) return;
    await unlessEnded(() => (wanted ? container.pause() : container.unpause()));
    assert((await isPaused()) === wanted, `${name} was not ${state}`);
  };

  return {
    id,
    name,
    pid: State.Pid,
    startedAtMs,
    logFile,
    exited,
    exit: () => ended,
    alive: () => ended === undefined,
    signal: (which) => void signal(which).catch(() => {}),
    pause: () => untilPaused(true),
    resume: () => untilPaused(false),
    kill,
    terminate: async (graceMs) => {
      if (ended !== undefined) return { ...ended, graceful: false };
      await signal('SIGTERM');
      const inTime = await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      return inTime === undefined ? { ...(await kill()), graceful: false } : { ...inTime, graceful: true };
    },
    waitForLog: (text, deadlineMs) =>
      untilLogged({ name, logFile, logStartBytes, ended: () => ended && describe(ended) }, text, deadlineMs),
  };
}

/** A program in a container, to its end. @returns what it printed @throws {Error} with its own words if it fails */
export async function runInContainer(
  spec: Omit<ContainerSpec, 'logFile'> & { input?: string | undefined },
  engine: Engine,
  deadMan: DeadMan,
): Promise<string> {
  const { input, command, ...rest } = spec;
  // Every image of a server has a shell, and a pipe in it is simpler than one through the engine.
  const pipe = ['sh', '-c', 'input=$1; shift; printf %s "$input" | "$@"', 'sh'];
  const dir = mkdtempSync(join(tmpdir(), 'redproof-container-'));
  deadMan.registerDirectory(dir);
  const logFile = join(dir, 'log');
  try {
    const whole = input === undefined ? command : [...pipe, input, ...command];
    const container = await launchContainer({ ...rest, command: whole, logFile }, engine, deadMan);
    const exit = await container.exited;
    const said = readFileSync(logFile, 'utf8').trim();
    if (exit.code !== 0) throw new Error(`${spec.name}: ${said.split('\n')[0] || describe(exit)}`);
    return said;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Docker tells of a signal as a shell does: 128 and its number. */
function exitOf(status: number): { code: number | null; signal: NodeJS.Signals | null } {
  const name = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return name === undefined ? { code: status, signal: null } : { code: null, signal: name as NodeJS.Signals };
}
