// Finds a program that distributions have a package of, or provides it: a variable that names it, PATH, one unpacked earlier, the
// package unpacked into .tools/ without touching the system; else an error that says what to install. It runs nothing.

import { join } from 'node:path';
import { type DebianPackage, unpackedPackage, unpackPackage } from './debian-package.ts';
import { namedProgram, searchPath } from './path.ts';
import { inspectProgram, type Program, type ProgramKind } from './program.ts';
import { firstOf } from './ways.ts';

export interface PackagedProgram extends ProgramKind {
  /** Environment variable that names one. */
  variable: string;
  package: DebianPackage;
  /** Names under which it may be on the PATH; `name` comes first anyway. */
  alsoCalled?: readonly string[];
  /** For whom nothing was found: how to get one. */
  install: string;
}

export interface ProvideOptions {
  /** The project's root: .tools/ is in it. */
  root: string;
  env: Record<string, string | undefined>;
  /** Told, a line each, what takes time or was passed over. */
  say: (line: string) => void;
}

/** @throws {Error} that says what was tried and what to install. */
export async function provideProgram(
  wanted: PackagedProgram,
  { root, env, say }: ProvideOptions,
): Promise<Program> {
  const { variable, name, alsoCalled = [], floor, install } = wanted;
  const path = env.PATH ?? '';
  const named = env[variable];
  // Whoever names a program wants that one: no looking further.
  if (named) {
    const expected = `the path of a ${name} ${floor} or newer`;
    return inspectProgram(wanted, namedProgram(variable, named, expected), {}, variable);
  }
  const onPath = async () => {
    const found = [name, ...alsoCalled].map((each) => searchPath(each, path)).find((file) => file);
    return found === undefined ? undefined : inspectProgram(wanted, found, {}, `PATH (${found})`);
  };
  const { found, tried } = await firstOf(
    [
      { find: onPath, missing: `no ${name} on PATH` },
      {
        find: () => fromPackage(wanted, unpackedPackage(root, wanted.package)),
        missing: `none unpacked in .tools/${wanted.package.dir}`,
      },
      {
        find: () => fromPackage(wanted, unpackPackage(root, wanted.package, path, say)),
        missing: 'this is no Debian or Ubuntu (no apt-get, dpkg-deb)',
      },
    ],
    say,
  );
  if (found !== undefined) return found;
  throw new Error(
    [
      `no ${name} ${floor} or newer was found or could be provided:`,
      ...tried.map((line) => `  - ${line}`),
      install,
      `or set ${variable} to the path of a ${name}`,
    ].join('\n'),
  );
}

async function fromPackage(
  wanted: PackagedProgram,
  unpacked: ReturnType<typeof unpackedPackage>,
): Promise<Program | undefined> {
  const place = await unpacked;
  if (place === undefined) return undefined;
  return inspectProgram(wanted, join(place.home, 'usr/bin', wanted.name), place.env, place.from);
}
