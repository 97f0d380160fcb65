// Reads /proc: what state a process is in, when it was born, whether it belongs to a run. It changes nothing, and it
// imports only node: builtins, because the dead-man must start fast. Where there is no /proc, `hasProc` is false.

import { existsSync, readdirSync, readFileSync } from 'node:fs';

export const hasProc = existsSync('/proc/self/stat');

/** The environment variable that marks every process of a run. */
export const runVariable = 'REDPROOF_RUN';

export interface ProcessStat {
  /** R, S, D, T (stopped), Z (dead, not yet reaped), … */
  state: string;
  group: number;
  /** Ticks since boot at its birth: with the pid it names one process for ever, even if the pid is used again. */
  startTicks: string;
}

/** `undefined`: there is no such process (any more). */
export function readStat(pid: number, path = `/proc/${pid}/stat`): ProcessStat | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  // The name of the program may contain spaces and parentheses; the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, group: Number(fields[2]), startTicks: fields[19]! };
}

/** The state of each thread; empty when the process is gone. */
export function threadStates(pid: number): string[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) => readStat(pid, `/proc/${pid}/task/${thread}/stat`)?.state ?? []);
}

/** A process that is dead but not reaped has no environment, so it never counts. */
export function belongsToRun(pid: number, token: string): boolean {
  const environment = read(`/proc/${pid}/environ`);
  return environment !== undefined && `\0${environment}`.includes(`\0${runVariable}=${token}\0`);
}

/** Its arguments, each ended by a NUL. */
export function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`) ?? '';
}

/** What is mounted where, and with which options of the file system's own. */
export function mounts(): { path: string; options: string }[] {
  const lines = (read('/proc/self/mountinfo') ?? '').split('\n');
  return lines.slice(0, -1).map((line) => {
    const fields = line.split(' ');
    // Spaces and the like are written as \040.
    const path = fields[4]!.replaceAll(/\\([0-7]{3})/g, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    return { path, options: fields.at(-1)! };
  });
}

export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // gone meanwhile, or not ours to read
  }
}

/** Whether somebody has this pid. A child that ended is reaped by Node at once, so its pid is gone. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Of Linux on every architecture that Node runs on: USER_HZ. */
export const ticksPerSecond = 100;

/** What a process and its main thread have used of the processors since their birth; `undefined`: there is none (any more). */
export function cpuTicks(pid: number): { process: number; mainThread: number } | undefined {
  const [process, mainThread] = [usedTicks(`/proc/${pid}/stat`), usedTicks(`/proc/${pid}/task/${pid}/stat`)];
  return process === undefined || mainThread === undefined ? undefined : { process, mainThread };
}

/** What all processors together did since the machine started; `undefined` where there is no /proc. */
export function machineTicks(): { busy: number; total: number } | undefined {
  const line = read('/proc/stat')?.split('\n', 1)[0];
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; what guests use is in the first two already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, part) => sum + part, 0);
  return { busy: total - ticks[3]! - ticks[4]!, total };
}

function usedTicks(path: string): number | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
