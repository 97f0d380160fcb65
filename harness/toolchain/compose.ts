// Finds Docker Compose, version 2 or newer: as Docker's plugin, as a program of its own on the PATH, or in .tools/bin. Runs it.

import { join } from 'node:path';
import { execa } from 'execa';
import { isProgram, searchPath } from './path.ts';
import { atLeast } from './version.ts';

export interface Compose {
  version: string;
  /** @returns what it printed on standard output @throws {Error} with its own words if it fails */
  run(args: readonly string[], env?: Record<string, string>, timeoutMs?: number): Promise<string>;
}

/** `!reset` and the like in a second file came with 2.24. */
export const composeFloor = '2.24';

const how = `version ${composeFloor} or newer is needed (Docker's own packages: apt install docker-compose-plugin; Debian 13, Ubuntu: apt install docker-compose-v2 or docker-compose)`;

/**
 * @param env handed on: Docker's own variables, and those that the compose file knows
 * @throws {Error} that says what was found instead, and how to get one
 */
export async function findCompose(root: string, env: Record<string, string | undefined>): Promise<Compose> {
  const seen: string[] = [];
  for (const command of commands(root, env.PATH ?? '')) {
    const compose = (args: readonly string[], more: Record<string, string> = {}, timeout = 60_000) =>
      execa(command[0]!, [...command.slice(1), ...args], {
        cwd: root,
        env: { ...env, ...more },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
        timeout,
      });
    const { stdout = '', failed } = await compose(['version', '--short']);
    const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
    if (failed || version === undefined) continue;
    if (!atLeast(version, composeFloor)) {
      seen.push(`${command.join(' ')} is ${version}`);
      continue;
    }
    return {
      version,
      run: async (args, more, timeoutMs) => {
        const { failed, stdout = '', stderr = '', shortMessage } = await compose(args, more, timeoutMs);
        if (!failed) return stdout;
        const said = stderr.trim().split('\n').at(-1) || shortMessage;
        throw new Error(`docker compose: ${said}`);
      },
    };
  }
  const none = seen.length > 0 ? seen.join(', ') : 'none is here';
  throw new Error(`no Docker Compose that will do (${none}): ${how}`);
}

function commands(root: string, path: string): string[][] {
  const docker = searchPath('docker', path);
  const standalone = searchPath('docker-compose', path);
  const unpacked = join(root, '.tools/bin/docker-compose');
  return [
    ...(docker ? [[docker, 'compose']] : []),
    ...(standalone ? [[standalone]] : []),
    ...(isProgram(unpacked) ? [[unpacked]] : []),
  ];
}
