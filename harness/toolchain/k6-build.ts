// Builds k6 with Go into .tools/bin. It takes minutes, once. Two processes at once: the second waits and uses what the first
// built. What is in .tools/bin is always a whole program that was seen to run, because it gets there by one rename; a build that
// is interrupted, or whose harness is killed, leaves nothing and nobody behind.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DeadMan } from '../system/dead-man.ts';
import { lastLines } from '../system/log-file.ts';
import { launch } from '../system/process.ts';
import { inspectK6, type K6Binary, k6Version } from './k6-binary.ts';
import { withLock } from './lock.ts';
import { searchPath } from './path.ts';
import { atLeast } from './version.ts';

export const goFloor = '1.25';

export interface BuildOptions {
  /** The project's root. */
  root: string;
  /** Go's own settings are among it: its proxy, its caches. */
  env: Record<string, string | undefined>;
  deadMan: DeadMan;
  say: (line: string) => void;
  /** Told what the build is at while it lasts, several times a second. */
  progress: (line: string) => void;
  signal: AbortSignal;
}

const module = 'go.k6.io/k6/v2';
const deadlineMs = 20 * 60_000;
const lookEveryMs = 200;
const makingPrefix = 'k6-making-';

export function builtK6(root: string): string {
  return join(root, '.tools', 'bin', 'k6');
}

/** `undefined` where there is no Go. @throws {Error} that says what did not work; the signal's reason when it fires */
export async function buildK6(options: BuildOptions): Promise<K6Binary | undefined> {
  const { root, env, say } = options;
  const go = searchPath('go', env.PATH ?? '');
  if (go === undefined) return undefined;
  const version = await goVersion(go);
  if (!atLeast(version, goFloor))
    throw new Error(`${go} is Go ${version}; building k6 needs ${goFloor} or newer`);
  const tools = join(root, '.tools');
  mkdirSync(join(tools, 'bin'), { recursive: true });
  const lock = join(tools, 'k6.lock');
  if (existsSync(lock)) say('another process is building k6: waiting for it');
  return withLock(lock, deadlineMs, async () => {
    const from = `.tools/bin/k6, built with Go ${version}`;
    const earlier = await inspectK6(builtK6(root), from).catch(() => undefined);
    if (earlier !== undefined) return earlier; // somebody else was faster
    // What one that was killed in the middle left behind; the lock says that nobody else is at it.
    for (const file of readdirSync(tools)) {
      if (file.startsWith(makingPrefix)) rmSync(join(tools, file), { recursive: true, force: true });
    }
    say(
      `no k6 here: building k6 ${k6Version} with Go ${version} into .tools/bin; it takes a few minutes, once`,
    );
    const making = mkdtempSync(join(tools, makingPrefix));
    options.deadMan.registerDirectory(making);
    try {
      const binary = join(making, 'bin', 'k6');
      await install(go, making, options);
      await inspectK6(binary, from);
      renameSync(binary, builtK6(root));
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
    return inspectK6(builtK6(root), from);
  });
}

async function goVersion(go: string): Promise<string> {
  // In a directory without a go.mod: one that asks for another toolchain is none of our business.
  const { stdout = '' } = await execa(go, ['env', 'GOVERSION'], { cwd: '/', reject: false, timeout: 30_000 });
  const version = /^go(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version === undefined)
    throw new Error(`${go} does not say which version it is: ${JSON.stringify(stdout)}`);
  return version;
}

async function install(
  go: string,
  making: string,
  { env, deadMan, progress, signal }: BuildOptions,
): Promise<void> {
  signal.throwIfAborted();
  const temporaryDir = join(making, 'tmp');
  mkdirSync(temporaryDir);
  // Asked for k6@version, Go wants the list of all versions too, which not every proxy has; a module names just the one.
  writeFileSync(join(making, 'go.mod'), `module k6\ngo ${goFloor}\nrequire ${module} v${k6Version}\n`);
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const build = launch(
    {
      name: 'go install',
      command: go,
      args: ['install', '-mod=mod', '-v', module],
      cwd: making,
      logFile: join(making, 'build.log'),
      // Without cgo it needs no C compiler, and runs on any Linux of this kind.
      env: {
        ...Object.fromEntries(given),
        CGO_ENABLED: '0',
        GOBIN: join(making, 'bin'),
        GOTMPDIR: temporaryDir,
      },
    },
    deadMan,
  );
  // Whatever else this machine does goes first.
  setPriority(build.pid, constants.priority.PRIORITY_LOW);
  const began = performance.now();
  const watch = setInterval(() => {
    progress(`building k6 … ${clock(performance.now() - began)}, ${doing(build.logFile)}`);
  }, lookEveryMs);
  const stop = () => void build.kill();
  signal.addEventListener('abort', stop, { once: true });
  const deadline = setTimeout(stop, deadlineMs);
  try {
    const { code } = await build.exited;
    signal.throwIfAborted();
    if (code === 0) return;
    const last = lastLines(build.logFile, 0, 1).trim();
    throw new Error(`\`go install\` of ${module} v${k6Version} failed: ${last}`);
  } finally {
    clearInterval(watch);
    clearTimeout(deadline);
    signal.removeEventListener('abort', stop);
  }
}

/** `go install -v` names each module that it downloads and each package that it compiles. */
function doing(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  const downloads = lines.filter((line) => line.startsWith('go: downloading')).length;
  const compiled = lines.length - downloads;
  return compiled > 1 ? `${compiled} packages compiled` : `${downloads} modules downloaded`;
}

function clock(ms: number): string {
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
