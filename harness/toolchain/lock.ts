// One process at a time: a lock file that names its owner, taken over when that owner is dead. For work that is rare
// and safe to do twice; not a lock for data.

import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** @throws {Error} if the owner still works after `deadlineMs`. */
export async function withLock<T>(path: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + deadlineMs;
  for (let owner = take(path); owner !== undefined; owner = take(path)) {
    if (!isAlive(owner)) rmSync(path, { force: true });
    else if (performance.now() > giveUpAtMs) {
      throw new Error(`waited ${deadlineMs} ms for process ${owner}, which holds ${path}`);
    } else await delay(50);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** The owner, or `undefined` if that is this process now. */
function take(path: string): number | undefined {
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  // Linked, not created: the file is never seen without its owner's pid in it.
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return take(path); // released meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
