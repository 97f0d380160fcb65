// How Redis ends: SIGTERM, SIGKILL, or a power cut under it. Each says what it did, when, and what shows that it landed;
// afterwards Redis is down, and its disk can be read again.

import type { NemesisArena } from '../claim.ts';

export interface Ended {
  kind: 'redis-terminate' | 'redis-kill' | 'power-cut';
  /** ms since the experiment began. */
  atMs: number;
  proof: Record<string, unknown>;
  landed: boolean;
}

export type Ending = (arena: NemesisArena) => Promise<Ended>;

/** An ending that this machine or this experiment cannot have, such as a power cut without a disk of its own. */
export class NoSuchEndingError extends Error {}

/** Redis saves and flushes as it is set to, and exits by itself. */
export const terminate: Ending = async ({ history, system }) => {
  const redis = system.ownRedis();
  const pid = redis.pid();
  const atMs = history.now();
  const { code, signal } = await redis.terminate();
  const proof = {
    pid,
    exitCode: code,
    exitSignal: signal,
    pidGone: !redis.alive(),
    tookMs: since(atMs, history.now()),
  };
  return { kind: 'redis-terminate', atMs, proof, landed: code === 0 && !redis.alive() };
};

/** The process is gone at once; what it handed to the kernel stays with the kernel. */
export const kill: Ending = async ({ system }) => {
  const redis = system.ownRedis();
  const pid = redis.pid();
  const { signal, atMs } = await redis.kill();
  const pidGone = !redis.alive();
  const proof = { pid, signal, pidGone };
  return { kind: 'redis-kill', atMs: atMs - system.originMs, proof, landed: signal === 'SIGKILL' && pidGone };
};

/**
 * The process is gone, and so is all that the kernel had not yet written to the disk. That it was a cut is shown by a
 * canary: a file written right before and never synced is gone after it, one that was synced earlier is whole.
 */
export const cutPower: Ending = async ({ system }) => {
  const { disk } = system;
  if (disk === undefined)
    throw new NoSuchEndingError('Redis has no disk of its own here whose power could be cut');
  const redis = system.ownRedis();
  const pid = redis.pid();
  const ended = redis.ended();
  const off = await disk.cutPower(pid);
  const { atMs } = await ended;
  const on = await disk.powerUp();
  const landed =
    off.writeRefused === 'EIO' &&
    !redis.alive() &&
    on.canaryBytesAfter < off.canaryBytesBefore &&
    on.syncedBytesAfter === off.canaryBytesBefore;
  const proof = { pid, pidGone: !redis.alive(), ...off, ...on };
  return { kind: 'power-cut', atMs: atMs - system.originMs, proof, landed };
};

function since(fromMs: number, nowMs: number): number {
  return Math.round(nowMs - fromMs);
}
