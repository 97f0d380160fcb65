// A process that the harness owns: launched with a clean environment, its output straight into a file, in its own
// process group, and known to the dead-man. It can be paused, resumed, asked to end and killed, with proof of each.
// What runs in it, and whether it is well, is not known here.

import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { DeadMan } from './dead-man.ts';
import { untilLogged } from './log-file.ts';
import { hasProc, runVariable, threadStates } from './proc.ts';

export interface Launch {
  /** How messages call it. */
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Standard output and error are appended here. */
  logFile: string;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** When the harness learned of it, on the monotonic clock. */
  atMs: number;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  exit(): Exit | undefined;
  alive(): boolean;
  /** To the process alone; nothing happens if it has exited. */
  signal(signal: NodeJS.Signals): void;
  /** SIGSTOP to its group; resolves when every thread of the process is seen stopped. */
  pause(): Promise<void>;
  /** SIGCONT to its group; resolves when no thread of the process is stopped. */
  resume(): Promise<void>;
  /** SIGKILL to its group; works on a paused process too. */
  kill(): Promise<Exit>;
  /**
   * SIGTERM, and SIGKILL to the group after `graceMs`. `graceful`: it ended by itself after the SIGTERM, in time. A
   * paused process cannot, nor one that had exited before.
   */
  terminate(graceMs: number): Promise<Exit & { graceful: boolean }>;
  /** Resolves when `text` is in what it wrote since launch; `deadlineMs` from now at most. */
  waitForLog(text: string, deadlineMs: number): Promise<void>;
}

/** How long a signal may take to show in /proc. A thread in an uninterruptible write stops late. */
const stateDeadlineMs = 5000;

/** @throws {Error} if the program cannot be started, saying why. */
export function launch(spec: Launch, deadMan: DeadMan): ManagedProcess {
  const { name, logFile } = spec;
  const log = openSync(logFile, 'a');
  const logStartBytes = fstatSync(log).size;
  const child = spawn(spec.command, spec.args, {
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    env: { ...cleanEnvironment(), ...spec.env, [runVariable]: deadMan.token },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: Exit | undefined;
  child.on('error', () => {}); // only a failed start has one that matters, and `whyNotStarted` says more
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name}: cannot start ${spec.command}: ${whyNotStarted(spec)}`);
  const startedAtMs = monotonicMs();
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal, atMs: monotonicMs() };
      deadMan.forgetProcess(pid);
      resolve(ended);
    });
  });
  const signalGroup = (signal: NodeJS.Signals) => {
    // Until its exit was seen the pid cannot belong to anyone else.
    if (ended === undefined) ignoringGone(() => process.kill(-pid, signal));
  };
  try {
    deadMan.registerProcess(pid);
  } catch (error) {
    signalGroup('SIGKILL');
    throw error;
  }

  const untilState = async (wanted: string, reached: (states: string[]) => boolean) => {
    const giveUpAtMs = monotonicMs() + stateDeadlineMs;
    for (;;) {
      if (ended !== undefined)
        throw new Error(`${name} (pid ${pid}) ended (${describe(ended)}) before it was ${wanted}`);
      const states = hasProc ? threadStates(pid) : undefined;
      if (states === undefined || (states.length > 0 && reached(states))) return;
      if (monotonicMs() > giveUpAtMs) {
        throw new Error(
          `${name} (pid ${pid}) was not ${wanted} within ${stateDeadlineMs} ms: its threads are ${states.join('')}`,
        );
      }
      await delay(1);
    }
  };
  const kill = () => {
    signalGroup('SIGKILL');
    return exited;
  };

  return {
    name,
    pid,
    startedAtMs,
    logFile,
    exited,
    exit: () => ended,
    alive: () => ended === undefined,
    signal: (signal) => {
      if (ended === undefined) child.kill(signal);
    },
    pause: () => {
      signalGroup('SIGSTOP');
      return untilState('paused', (states) => states.every((state) => state === 'T'));
    },
    resume: () => {
      signalGroup('SIGCONT');
      return untilState('resumed', (states) => states.every((state) => state !== 'T'));
    },
    kill,
    terminate: async (graceMs) => {
      if (ended !== undefined) return { ...ended, graceful: false };
      child.kill('SIGTERM');
      const inTime = await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      return inTime === undefined ? { ...(await kill()), graceful: false } : { ...inTime, graceful: true };
    },
    waitForLog: (text, deadlineMs) =>
      untilLogged({ name, logFile, logStartBytes, ended: () => ended && describe(ended) }, text, deadlineMs),
  };
}

export function describe({ code, signal }: Exit): string {
  return signal ?? `status ${code}`;
}

/** Services must depend on what they are given, not on who starts the harness. */
function cleanEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function whyNotStarted({ command, cwd, env }: Launch): string {
  if (cwd !== undefined && !existsSync(cwd)) return `the working directory ${cwd} does not exist`;
  const path = env?.PATH ?? process.env.PATH ?? '';
  const places = command.includes('/') ? [command] : path.split(delimiter).map((dir) => join(dir, command));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    return command.includes('/') ? 'no such file' : `no such program on PATH (${path})`;
  }
  try {
    accessSync(found, constants.X_OK);
  } catch {
    return `${found} is not executable`;
  }
  return 'the system refused (too many processes or open files, or not a program for this machine)';
}

function ignoringGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
