// The dead-man's own process: reads registrations from the harness on standard input and, when that closes (the harness
// ended or died, SIGKILL included), kills every process and container of the run, unmounts, detaches, removes, and exits. It starts
// nothing and watches nothing else. dead-man.ts starts it; the orders (one JSON value a line) are declared here.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineAddress } from '../toolchain/docker.ts';
import { removeLabelled } from './labelled.ts';
import { allPids, belongsToRun, hasProc, mounts, readStat } from './proc.ts';

export type Order =
  | { do: 'registerProcess'; pid: number; startTicks: string | null }
  | { do: 'forgetProcess'; pid: number }
  | { do: 'registerDirectory'; path: string }
  | { do: 'registerMount'; path: string; loopDevice: string | null }
  | { do: 'forgetMount'; path: string }
  | { do: 'registerEngine'; address: EngineAddress };

/** From the loss of the harness to the end; five seconds are promised. */
const budgetMs = 4500;

const token = process.argv[2] ?? '';
const processes = new Map<number, { startTicks: string | null; verified: boolean }>();
const directories = new Set<string>();
let engine: EngineAddress | undefined;
const registered = new Map<string, { loopDevice: string | null; backingFile: string | undefined }>();

if (!/^[0-9a-f]{32}$/.test(token)) throw new Error('usage: dead-man-main.ts <token>; dead-man.ts starts it');
// Ctrl-C, a closed terminal or a service manager may hit everything at once: this process must be the last to go.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)
  process.on(signal, () => {});

let buffered = '';
let closing = false;
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (buffered + chunk).split('\n');
  buffered = lines.pop()!;
  for (const line of lines) obey(JSON.parse(line));
});
for (const end of ['end', 'close', 'error']) process.stdin.on(end, cleanAndExit);
tell('ready');

function obey(order: Order): void {
  switch (order.do) {
    case 'registerProcess': {
      // Seen with the token once, pid and birth identify it from then on, even if it overwrites its environment.
      const verified = belongsToRun(order.pid, token);
      processes.set(order.pid, { startTicks: order.startTicks, verified });
      break;
    }
    case 'forgetProcess':
      processes.delete(order.pid);
      break;
    case 'registerDirectory':
      directories.add(order.path);
      break;
    case 'registerMount':
      registered.set(order.path, {
        loopDevice: order.loopDevice,
        backingFile: order.loopDevice === null ? undefined : backingFile(order.loopDevice),
      });
      break;
    case 'forgetMount':
      registered.delete(order.path);
      break;
    case 'registerEngine':
      engine = order.address;
      break;
  }
}

async function cleanAndExit(): Promise<void> {
  if (closing) return;
  closing = true;
  const deadlineMs = performance.now() + budgetMs;
  const problems = await killAll(deadlineMs);
  if (engine !== undefined) problems.push(...(await removeLabelled(engine, token, deadlineMs - 500)));
  for (const path of registered.keys()) problems.push(...unmount(path));
  detachStrays();
  for (const path of directories) problems.push(...(await remove(path, deadlineMs)));
  tell(JSON.stringify(problems));
  process.exit(problems.length === 0 ? 0 : 1);
}

/** Until three looks in a row find nobody: a process that was being started may show up late. */
async function killAll(deadlineMs: number): Promise<string[]> {
  for (let quietLooks = 0; quietLooks < 3; ) {
    const left = hasProc ? livingProcesses() : registeredProcesses();
    for (const pid of left) strike(pid);
    quietLooks = left.length === 0 ? quietLooks + 1 : 0;
    if (performance.now() > deadlineMs - 1500 && left.length > 0) {
      return [`processes ${left.join(', ')} did not die`];
    }
    await delay(left.length === 0 ? 20 : 10);
  }
  return [];
}

function livingProcesses(): number[] {
  return allPids().filter((pid) => pid !== process.pid && (belongsToRun(pid, token) || isRegistered(pid)));
}

/** The registered process itself, not another that got its pid later. */
function isRegistered(pid: number): boolean {
  const known = processes.get(pid);
  if (!known?.verified) return false;
  const stat = readStat(pid);
  return (
    stat !== undefined && stat.startTicks === known.startTicks && stat.state !== 'Z' && stat.state !== 'X'
  );
}

/** Without /proc there is no token to find, so only what was registered (and not forgotten) is killed. */
function registeredProcesses(): number[] {
  return [...processes.keys()].filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}

/** Its group too: a child that overwrote its environment (a Redis that forks to save) is found by that alone. */
function strike(pid: number): void {
  const leads = !hasProc || readStat(pid)?.group === pid;
  for (const target of leads ? [-pid, pid] : [pid]) {
    for (const signal of ['SIGKILL', 'SIGCONT'] as const) {
      try {
        process.kill(target, signal);
      } catch {
        // gone already
      }
    }
  }
}

function unmount(path: string): string[] {
  const { loopDevice, backingFile: backing } = registered.get(path)!;
  for (let tries = 0; tries < 4 && isMounted(path); tries++) {
    // Nobody uses it any more, so the plain form works and frees the device now; -l is for the case that it does not.
    const options = tries === 0 ? [] : ['-l'];
    spawnSync('umount', [...options, path], { timeout: 700, killSignal: 'SIGKILL' });
  }
  // Somebody else may have got the same device since: detach it only while it carries the file that it carried here.
  if (loopDevice !== null && backing !== undefined && backingFile(loopDevice) === backing) {
    detach(loopDevice);
  }
  return isMounted(path) ? [`${path} is still mounted`] : [];
}

/** A loop device whose file is in a directory of the run, though nobody came to register it. */
function detachStrays(): void {
  if (!existsSync('/sys/block')) return;
  for (const device of readdirSync('/sys/block').filter((name) => name.startsWith('loop'))) {
    const file = backingFile(device);
    if (file !== undefined && [...directories].some((dir) => file.startsWith(`${dir}/`))) detach(device);
  }
}

function detach(loopDevice: string): void {
  const device = `/dev/${basename(loopDevice)}`;
  spawnSync('losetup', ['--detach', device], { timeout: 700, killSignal: 'SIGKILL' });
}

function isMounted(path: string): boolean {
  return !hasProc || mounts().some((mount) => mount.path === path);
}

function backingFile(loopDevice: string): string | undefined {
  try {
    const file = readFileSync(`/sys/block/${basename(loopDevice)}/loop/backing_file`, 'utf8').trim();
    return file.replace(/ \(deleted\)$/, '');
  } catch {
    return undefined; // not attached
  }
}

async function remove(path: string, deadlineMs: number): Promise<string[]> {
  const inside = mounts().find((mount) => `${mount.path}/`.startsWith(`${path}/`))?.path;
  if (inside !== undefined) return [`${path} was left: ${inside} is mounted in it`];
  for (;;) {
    try {
      rmSync(path, { recursive: true, force: true });
      return [];
    } catch (error) {
      if (performance.now() > deadlineMs) return [`${path} was left: ${(error as Error).message}`];
      await delay(20);
    }
  }
}

/** The harness may be long gone: then nobody reads this, and that is fine. */
function tell(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // EPIPE
  }
}
