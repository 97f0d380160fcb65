// The distribution's redis-server, unpacked into .tools/redis together with the shared libraries that this machine
// lacks. Nothing is installed. Two processes at once: the second waits and uses what the first unpacked; what is in
// .tools/redis is always complete, because it gets there by one rename.

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
import { inspectRedis, type RedisBinary } from './redis-binary.ts';
import { atLeast, redisFloor } from './redis-version.ts';

const packages = ['redis-server', 'redis-tools'];
const programs = ['redis-server', 'redis-cli', 'redis-benchmark', 'redis-check-aof'];

const makingPrefix = 'redis-making-';

/** What was unpacked earlier. @throws {Error} if it no longer runs here. */
export async function unpackedRedis(root: string): Promise<RedisBinary | undefined> {
  const home = join(root, '.tools', 'redis');
  if (!existsSync(home)) return undefined;
  const { from } = JSON.parse(readFileSync(join(home, 'unpacked.json'), 'utf8')) as { from: string };
  return inspectRedis(join(home, 'usr/bin/redis-server'), libraryEnv(home), from);
}

/** `undefined` where there is no apt. @throws {Error} that says what did not work. */
export async function unpackRedis(
  root: string,
  path: string,
  say: (line: string) => void,
): Promise<RedisBinary | undefined> {
  const tools = join(root, '.tools');
  const home = join(tools, 'redis');
  mkdirSync(tools, { recursive: true });
  return withLock(join(tools, 'redis.lock'), 240_000, async () => {
    const earlier = await unpackedRedis(root).catch(() => undefined);
    if (earlier !== undefined) return earlier; // somebody else was faster
    const apt = openApt(join(tools, 'apt'), `${path}:/usr/bin:/bin:/usr/sbin:/sbin`);
    if (apt === undefined) return undefined;
    say('no redis-server here: fetching the distribution’s package into .tools/redis (nothing is installed)');
    // What one that was killed in the middle left behind; the lock says that nobody else is at it.
    for (const file of readdirSync(tools)) {
      if (file.startsWith(makingPrefix)) rmSync(join(tools, file), { recursive: true, force: true });
    }
    const making = mkdtempSync(join(tools, makingPrefix));
    try {
      const version = await fetchFresh(apt, making, say);
      const from = `Debian package redis-server ${version}, unpacked into ${relative(root, home)}`;
      writeFileSync(join(making, 'unpacked.json'), JSON.stringify({ from }));
      await inspectRedis(join(making, 'usr/bin/redis-server'), libraryEnv(making), from);
      rmSync(home, { recursive: true, force: true });
      renameSync(making, home);
      rmSync(join(tools, 'apt'), { recursive: true, force: true }); // fifty megabytes that have done their work
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
    return unpackedRedis(root);
  });
}

/** With the lists that are there; if that fails (none, or too old for what the mirror still has), with fresh ones. */
async function fetchFresh(apt: Apt, into: string, say: (line: string) => void): Promise<string> {
  try {
    return await fetchRedis(apt, into);
  } catch (error) {
    if (error instanceof TooOldError) throw error;
    say('the package lists are missing or old: fetching fresh ones into .tools/apt');
  }
  const complaint = await apt.update();
  return fetchRedis(apt, into).catch((error: Error) => {
    throw complaint === undefined ? error : new Error(`${error.message} (${complaint})`, { cause: error });
  });
}

class TooOldError extends Error {}

async function fetchRedis(apt: Apt, into: string): Promise<string> {
  const version = await apt.candidate('redis-server');
  if (version === undefined) throw new Error('the package lists hold no redis-server');
  if (!atLeast(version.replace(/^\d+:/, ''), redisFloor)) {
    throw new TooOldError(
      `this distribution’s redis-server is ${version}; Redis ${redisFloor} or newer is needed`,
    );
  }
  await apt.unpack(packages, into);
  await addLibraries(apt, into);
  return version;
}

/** First from the packages that are not installed; then, if that was not it, from all but the C library itself. */
async function addLibraries(apt: Apt, into: string): Promise<void> {
  if ((await missingLibraries(into)).length === 0) return;
  const needed = (await apt.closure(packages)).filter((name) => /^(lib|lua)/.test(name) && name !== 'libc6');
  const installed = await installedPackages();
  const stage = join(into, 'stage');
  try {
    for (const names of [needed.filter((name) => !installed.has(name)), needed]) {
      if (names.length > 0) await apt.unpack(names, stage);
      if (await copyMissing(stage, into)) return;
    }
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  const missing = await missingLibraries(into);
  throw new Error(`no package that redis-server depends on has ${missing.join(', ')}`);
}

/**
 * Only the files that are missing: alternatives of libraries that the machine has come along (libelogind for
 * libsystemd) and must not take their place. A copied library may need another, hence the loop.
 */
async function copyMissing(stage: string, into: string): Promise<boolean> {
  mkdirSync(stage, { recursive: true });
  mkdirSync(join(into, 'lib'), { recursive: true });
  const files = readdirSync(stage, { recursive: true, encoding: 'utf8' });
  for (;;) {
    const missing = await missingLibraries(into);
    if (missing.length === 0) return true;
    for (const name of missing) {
      const file = files.find((path) => basename(path) === name);
      if (file === undefined) return false;
      copyFileSync(join(stage, file), join(into, 'lib', name));
    }
  }
}

async function missingLibraries(home: string): Promise<string[]> {
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
