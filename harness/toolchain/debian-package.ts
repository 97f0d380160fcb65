// A package of the distribution, unpacked into a directory of .tools/ together with the shared libraries that this machine
// lacks. Nothing is installed. Two processes at once: the second waits and uses what the first unpacked; what is in that
// directory is always complete, because it gets there by one rename.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { execa } from 'execa';
import { type Apt, openApt } from './apt.ts';
import { withLock } from './lock.ts';
import { inspectProgram, type ProgramKind } from './program.ts';
import { atLeast } from './version.ts';

export interface DebianPackage {
  /** Where it goes in .tools/. */
  dir: string;
  /** All are unpacked; the first gives the version. */
  packages: readonly [string, ...string[]];
  /** The files of usr/bin that must find their libraries. */
  programs: readonly string[];
  /** One of them that must work and be new enough. */
  main: ProgramKind;
}

export interface Unpacked {
  home: string;
  /** What its programs need to run, such as LD_LIBRARY_PATH. */
  env: Record<string, string>;
  /** For people: where it came from. */
  from: string;
}

/** What was unpacked earlier. Whether it still runs here is not asked. */
export async function unpackedPackage(root: string, { dir }: DebianPackage): Promise<Unpacked | undefined> {
  const home = join(root, '.tools', dir);
  if (!existsSync(home)) return undefined;
  const { from } = JSON.parse(readFileSync(join(home, 'unpacked.json'), 'utf8')) as { from: string };
  return { home, env: libraryEnv(home), from };
}

/** `undefined` where there is no apt. @throws {Error} that says what did not work. */
export async function unpackPackage(
  root: string,
  wanted: DebianPackage,
  path: string,
  say: (line: string) => void,
): Promise<Unpacked | undefined> {
  const tools = join(root, '.tools');
  const home = join(tools, wanted.dir);
  const makingPrefix = `${wanted.dir}-making-`;
  mkdirSync(tools, { recursive: true });
  // One lock for all packages: they share apt's directory.
  return withLock(join(tools, 'apt.lock'), 240_000, async () => {
    const earlier = await works(root, wanted).catch(() => undefined);
    if (earlier !== undefined) return earlier; // somebody else was faster
    const apt = openApt(join(tools, 'apt'), `${path}:/usr/bin:/bin:/usr/sbin:/sbin`);
    if (apt === undefined) return undefined;
    say(
      `no ${wanted.main.name} here: fetching the distribution’s package into .tools/${wanted.dir} (nothing is installed)`,
    );
    // What one that was killed in the middle left behind; the lock says that nobody else is at it.
    for (const file of readdirSync(tools)) {
      if (file.startsWith(makingPrefix)) rmSync(join(tools, file), { recursive: true, force: true });
    }
    const making = mkdtempSync(join(tools, makingPrefix));
    try {
      const version = await fetchFresh(apt, wanted, making, say);
      const from = `Debian package ${wanted.packages[0]} ${version}, unpacked into ${relative(root, home)}`;
      writeFileSync(join(making, 'unpacked.json'), JSON.stringify({ from }));
      await inspectMain(wanted, { home: making, env: libraryEnv(making), from });
      rmSync(home, { recursive: true, force: true });
      renameSync(making, home);
      rmSync(join(tools, 'apt'), { recursive: true, force: true }); // fifty megabytes that have done their work
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
    return works(root, wanted);
  });
}

/** What was unpacked earlier. @throws {Error} if it no longer runs here. */
async function works(root: string, wanted: DebianPackage): Promise<Unpacked | undefined> {
  const unpacked = await unpackedPackage(root, wanted);
  if (unpacked !== undefined) await inspectMain(wanted, unpacked);
  return unpacked;
}

function inspectMain({ main }: DebianPackage, { home, env, from }: Unpacked) {
  return inspectProgram(main, join(home, 'usr/bin', main.name), env, from);
}

/** With the lists that are there; if that fails (none, or too old for what the mirror still has), with fresh ones. */
async function fetchFresh(
  apt: Apt,
  wanted: DebianPackage,
  into: string,
  say: (line: string) => void,
): Promise<string> {
  try {
    return await fetchPackage(apt, wanted, into);
  } catch (error) {
    if (error instanceof TooOldError) throw error;
    say('the package lists are missing or old: fetching fresh ones into .tools/apt');
  }
  const complaint = await apt.update();
  return fetchPackage(apt, wanted, into).catch((error: Error) => {
    throw complaint === undefined ? error : new Error(`${error.message} (${complaint})`, { cause: error });
  });
}

class TooOldError extends Error {}

async function fetchPackage(apt: Apt, wanted: DebianPackage, into: string): Promise<string> {
  const { packages, main } = wanted;
  const [name] = packages;
  const version = await apt.candidate(name);
  if (version === undefined) throw new Error(`the package lists hold no ${name}`);
  // Without the epoch in front and Debian's own additions behind: 5:7.0.15-1~deb12u8, 2.42.0+ds-5.
  const upstream = version.replace(/^\d+:/, '').match(/^[\d.]+/)?.[0] ?? '0';
  if (!atLeast(upstream, main.floor)) {
    throw new TooOldError(
      `this distribution’s ${name} is ${version}; ${main.title} ${main.floor} or newer is needed`,
    );
  }
  await apt.unpack([...packages], into);
  await addLibraries(apt, wanted, into);
  return version;
}

/** First from the packages that are not installed; then, if that was not it, from all but the C library itself. */
async function addLibraries(apt: Apt, wanted: DebianPackage, into: string): Promise<void> {
  const { packages, programs } = wanted;
  if ((await missingLibraries(into, programs)).length === 0) return;
  const needed = (await apt.closure([...packages])).filter(
    (name) => /^(lib|lua)/.test(name) && name !== 'libc6',
  );
  const installed = await installedPackages();
  const stage = join(into, 'stage');
  try {
    for (const names of [needed.filter((name) => !installed.has(name)), needed]) {
      if (names.length > 0) await apt.unpack(names, stage);
      if (await copyMissing(stage, into, programs)) return;
    }
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  const missing = await missingLibraries(into, programs);
  throw new Error(`no package that ${packages[0]} depends on has ${missing.join(', ')}`);
}

/**
 * Only the files that are missing: alternatives of libraries that the machine has come along (libelogind for
 * libsystemd) and must not take their place. A copied library may need another, hence the loop.
 */
async function copyMissing(stage: string, into: string, programs: readonly string[]): Promise<boolean> {
  mkdirSync(stage, { recursive: true });
  mkdirSync(join(into, 'lib'), { recursive: true });
  const files = readdirSync(stage, { recursive: true, encoding: 'utf8' });
  for (;;) {
    const missing = await missingLibraries(into, programs);
    if (missing.length === 0) return true;
    for (const name of missing) {
      const file = files.find((path) => basename(path) === name);
      if (file === undefined) return false;
      copyFileSync(join(stage, file), join(into, 'lib', name));
    }
  }
}

async function missingLibraries(home: string, programs: readonly string[]): Promise<string[]> {
  const files = programs.map((program) => join(home, 'usr/bin', program)).filter((file) => existsSync(file));
  const { stdout } = await execa('ldd', files, { env: libraryEnv(home), reject: false });
  return [...new Set([...stdout.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1]!))];
}

async function installedPackages(): Promise<Set<string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${Package} ${db:Status-Status}\n';
  const { stdout } = await execa('dpkg-query', ['--show', `--showformat=${format}`], { reject: false });
  const lines = stdout.split('\n').filter((line) => line.endsWith(' installed'));
  return new Set(lines.map((line) => line.split(' ')[0]!));
}

/** Nothing is needed if the machine had all libraries. */
function libraryEnv(home: string): Record<string, string> {
  const dir = join(home, 'lib');
  return existsSync(dir) ? { LD_LIBRARY_PATH: dir } : {};
}
