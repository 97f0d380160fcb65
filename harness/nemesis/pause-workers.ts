// Makes zombies: SIGSTOPs a worker while it runs a job, waits until another worker was given that job, and resumes it.
// Proof: the process is in state T, the job changed hands, and after the resume the zombie tried to ack.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import type { Instance } from '../system/judge.ts';
import type { InHand } from '../system/ledger-tail.ts';
import * as proc from '../system/proc.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { drawStrikes, type Strikes } from './schedule.ts';
import { catchWorker } from './victim.ts';

const missesAtMost = 2;

export function pauseWorkers(random: Random, strikes: Strikes): Nemesis {
  const plan = drawStrikes(random, 'pause-workers', strikes);
  return {
    plan,
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const began = arena.history.now();
      for (const { atMs, victim } of plan) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        // A job that was done in the same moment changes no hands: that strike had no effect, and another one is made.
        for (let misses = 0; misses <= missesAtMost && !(await makeZombie(arena, victim)); misses++);
      }
    },
    heal: async ({ system }) => {
      await Promise.all(system.instances('worker').map(({ process }) => process.resume()));
    },
  };
}

/** Whether it had an effect. */
async function makeZombie(arena: NemesisArena, draw: number): Promise<boolean> {
  const { history, system, signal } = arena;
  const { worker } = await catchWorker(arena, draw);
  await worker.process.pause();
  const pausedAtMs = history.now();
  const threadStates = [...new Set(proc.threadStates(worker.process.pid))];
  system.ledger.read();
  const held = system.ledger.inHand(worker.name);
  // Also by a later delivery of just before: a claim that was on its way to a sleeper is old when it wakes.
  const taken = ({ job, attempt }: InHand) =>
    system.ledger
      .read()
      .find(
        (line) =>
          line.job === job &&
          line.event === 'claimed' &&
          line.source !== worker.name &&
          ((line.attempt ?? 0) > attempt || line.atMs - system.originMs > pausedAtMs),
      );
  const takenJobs = () => held.filter((one) => taken(one) !== undefined).map(({ job }) => job);
  const within = (deadlineMs: number, reached: () => boolean) =>
    waitUntil(reached, { what: 'its jobs to change hands', deadlineMs, signal }).catch(() => {
      signal.throwIfAborted();
      return false;
    });
  const { leaseMs } = system.spec;
  const changedHands = await within(4 * leaseMs, () => takenJobs().length > 0);
  // The others' leases end soon after. One of which the ack had left just before the pause is done: nobody takes it.
  if (changedHands) await within(leaseMs, () => takenJobs().length === held.length);
  const jobs = held.map((one) => ({
    job: one.job,
    attempt: one.attempt,
    takenBy: taken(one)?.source ?? null,
  }));
  const fault = history.inject({
    kind: 'worker-pause',
    target: worker.name,
    atMs: pausedAtMs,
    proof: { pid: worker.process.pid, threadStates, jobs, pausedMs: Math.round(history.now() - pausedAtMs) },
    landed: changedHands,
  });
  await worker.process.resume();
  const lateAcks = await acksOf(arena, worker, takenJobs(), history.now());
  fault.heal({ lateAcks });
  return changedHands;
}

/** Waits until the woken worker tried to ack what it had held: without the attempt nothing was tested. */
async function acksOf(
  { system, signal }: NemesisArena,
  worker: Instance,
  jobs: string[],
  sinceMs: number,
): Promise<{ job: string; outcome: string }[]> {
  const acks = () =>
    system.ledger
      .read()
      .filter(
        ({ source, event, job, atMs }) =>
          source === worker.name &&
          event === 'acked' &&
          jobs.includes(job) &&
          atMs - system.originMs >= sinceMs - 50,
      )
      .map(({ job, outcome }) => ({ job, outcome: outcome ?? 'none' }));
  const what = 'the zombie to ack';
  await waitUntil(() => acks().length >= jobs.length, { what, deadlineMs: 4000, signal }).catch(() =>
    signal.throwIfAborted(),
  );
  return acks();
}
