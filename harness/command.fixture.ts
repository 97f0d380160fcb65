// For the tests of the commands: starts one as a real process with a temporary directory of its own, and finds what it
// left behind: processes by the run's token, files in that directory.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import { allPids, readStat, runVariable } from './system/proc.ts';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

export interface Scene {
  /** The command's temporary directory. */
  temporaryDir: string;
  /** For what a run stores. */
  outDir: string;
  /** @param env added to that of a person's shell */
  run(script: string, args: readonly string[], env?: Record<string, string>): ReturnType<typeof start>;
  shell(line: string): ReturnType<typeof start>;
  /** Every process of a run of this scene: its id, its state, the run's token. */
  processes(): { pid: number; state: string; token: string }[];
  /** What of any run is there now, for an assertion that wants nothing. */
  left(): string[];
}

/** @param dir removed by the test */
export function scene(dir: string): Scene {
  // Its name does not begin like those that the harness makes, and both are on the same level: nothing hides the other.
  const temporaryDir = mkdtempSync(join(dir, 'tmp-'));
  const env = environment(temporaryDir);
  const processes = () => allPids().flatMap((pid) => ofScene(pid, temporaryDir));
  return {
    temporaryDir,
    outDir: mkdtempSync(join(dir, 'out-')),
    run: (script, args, more) =>
      start(process.execPath, [join(projectRoot, script), ...args], { ...env, ...more }),
    shell: (line) => start('sh', ['-c', line], { ...env, NODE: process.execPath }),
    processes,
    left: () => [...processes().map(({ pid }) => `process ${pid}`), ...readdirSync(temporaryDir)],
  };
}

/** For a file of tests: a scene for each of them, in which nothing may be left when it ends. */
export function sceneOfEachTest(): Scene {
  const dir = mkdtempSync(join(tmpdir(), 'command-test-'));
  let now: Scene;
  beforeEach(() => {
    now = scene(dir);
  });
  afterEach(() => {
    expect(now.left()).toEqual([]);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return {
    get temporaryDir() {
      return now.temporaryDir;
    },
    get outDir() {
      return now.outDir;
    },
    run: (...args) => now.run(...args),
    shell: (line) => now.shell(line),
    processes: () => now.processes(),
    left: () => now.left(),
  };
}

function start(command: string, args: readonly string[], env: Record<string, string>) {
  return execa(command, args, {
    cwd: projectRoot,
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

/** What a person's shell has, and nothing that a test runner put there, such as FORCE_COLOR. */
function environment(temporaryDir: string): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'REDIS_SERVER', 'K6'];
  const own = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { ...Object.fromEntries(own), TERM: 'xterm-256color', TMPDIR: temporaryDir };
}

/** The services of a run get its token, and the temporary directory of who started it. */
function ofScene(pid: number, temporaryDir: string): { pid: number; state: string; token: string }[] {
  let variables: string[];
  try {
    variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
  const token = variables.find((variable) => variable.startsWith(`${runVariable}=`))?.split('=')[1];
  if (token === undefined || !variables.includes(`TMPDIR=${temporaryDir}`)) return [];
  return [{ pid, state: readStat(pid)?.state ?? 'X', token }];
}
