// Runs a program of the operating system to its end: mount, losetup, perl … Its children carry the run's token, so that
// the dead-man finds them. For what goes on in the background there is process.ts.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { DeadMan } from './dead-man.ts';
import { runVariable } from './proc.ts';

/** Programs of the administrator are not on everybody's PATH. */
const systemDirs = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const timeoutMs = 30_000;

export interface ToolOptions {
  input?: string;
  env?: Record<string, string>;
  /** What the program takes itself for. */
  argv0?: string;
}

/** @returns what it printed, without the last line break. @throws {Error} with its own words if it fails */
export async function runTool(
  tool: string,
  args: readonly string[],
  deadMan: Pick<DeadMan, 'token'>,
  { input, env, argv0 }: ToolOptions = {},
): Promise<string> {
  const run = await execa(tool, args, {
    env: { ...env, LC_ALL: 'C', PATH: systemDirs.join(delimiter), [runVariable]: deadMan.token },
    extendEnv: false,
    reject: false,
    timeout: timeoutMs,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(argv0 === undefined ? {} : { argv0 }),
  });
  if (!run.failed) return run.stdout ?? '';
  const said = `${run.stderr ?? ''}\n${run.stdout ?? ''}`.trim().split('\n')[0] || run.shortMessage;
  throw new Error(`${argv0 ?? tool}: ${said}`);
}

export function onSystemPath(tool: string): boolean {
  return systemDirs.some((dir) => {
    try {
      accessSync(join(dir, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
