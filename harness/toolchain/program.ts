// Is this file the program that is wanted: does it run here, is it that program, is it new enough. It does not look for the
// file.

import { execa } from 'execa';
import { atLeast } from './version.ts';

export interface Program {
  path: string;
  /** What it needs to run, such as LD_LIBRARY_PATH. */
  env: Record<string, string>;
  version: string;
  /** For people: where it was found. */
  from: string;
}

export interface ProgramKind {
  /** As a file: "redis-server". */
  name: string;
  /** As people call it: "Redis". */
  title: string;
  /** What `--version` prints; its first group is the version. */
  says: RegExp;
  /** The oldest version that will do. */
  floor: string;
}

/** @throws {Error} that names the path, what is wrong with it and what would be right. */
export async function inspectProgram(
  { name, title, says, floor }: ProgramKind,
  path: string,
  env: Record<string, string>,
  from: string,
): Promise<Program> {
  const run = await execa(path, ['--version'], {
    env,
    reject: false,
    timeout: 5000,
    stdin: 'ignore',
    all: true,
  });
  const version = says.exec(run.all ?? '')?.[1];
  if (version === undefined) {
    const said = (run.all ?? '').trim().split('\n')[0] || run.shortMessage || 'nothing';
    throw new Error(`${from}: ${path} is not a working ${name}: \`--version\` said: ${said}`);
  }
  if (!atLeast(version, floor)) {
    throw new Error(`${from}: ${path} is ${title} ${version}; ${title} ${floor} or newer is needed`);
  }
  return { path, env, version, from };
}
