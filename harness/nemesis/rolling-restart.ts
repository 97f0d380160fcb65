// Replaces every worker and every API instance while the load goes on: one by one, the new one ready before the old one
// gets its SIGTERM; or (for the control) all at once, without drain and without waiting.
// Proof: every old pid is gone, every exit status, every new pid.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Instance, Service } from '../system/judge.ts';
import { untilReady } from '../system/judge.ts';
import { sleepUntil } from '../wait.ts';

export interface RollingRestartOptions {
  /** How many there are to replace. */
  instances: number;
  gentle: boolean;
  graceMs: number;
  /** After the load began. */
  afterMs: number;
}

const services: readonly Service[] = ['worker', 'api'];

export function rollingRestart(options: RollingRestartOptions): Nemesis {
  return {
    plan: options,
    landedAtLeast: options.instances,
    inject: async (arena) => {
      await sleepUntil(arena.history.now() + options.afterMs, arena.history.now, arena.signal);
      if (options.gentle) await oneByOne(arena, options.graceMs);
      else await allAtOnce(arena);
    },
  };
}

async function oneByOne(arena: NemesisArena, graceMs: number): Promise<void> {
  for (const service of services) {
    for (const old of [...arena.system.instances(service)]) {
      const next = await arena.system.start(service);
      await untilReady(next, 10_000);
      const beganAtMs = arena.history.now();
      const exit = await old.process.terminate(graceMs);
      arena.system.retire(old);
      record(arena, old, beganAtMs, exit).heal({ replacedBy: next.name, newPid: next.process.pid });
    }
  }
}

async function allAtOnce(arena: NemesisArena): Promise<void> {
  const beganAtMs = arena.history.now();
  const all = services.flatMap((service) => [...arena.system.instances(service)]);
  const faults = await Promise.all(
    all.map(async (old) => record(arena, old, beganAtMs, await old.process.kill())),
  );
  await Promise.all(
    all.map(async (old, index) => {
      const next = await arena.system.start(old.service);
      arena.system.retire(old);
      faults[index]!.heal({ replacedBy: next.name, newPid: next.process.pid });
    }),
  );
}

function record(
  { history }: NemesisArena,
  old: Instance,
  atMs: number,
  exit: { code: number | null; signal: NodeJS.Signals | null },
): { heal(proof: Record<string, unknown>): void } {
  const proof = { pid: old.process.pid, exitCode: exit.code, exitSignal: exit.signal };
  const landed = !old.process.alive();
  return history.inject({ kind: `${old.service}-replace`, target: old.name, atMs, proof, landed });
}
