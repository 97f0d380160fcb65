// What tests of the harness run claims in: a real Redis, a store in a directory of its own, a dead-man. TMPDIR is set to
// that directory, so that whatever a run leaves behind is found.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Claim } from '../claim.ts';
import type { QueueUnderTest } from '../queue-under-test.ts';
import type { ClaimResult, Reporter } from '../report/result.ts';
import { type ArmName, type RunContext, runClaim } from '../run.ts';
import { createStore } from '../store.ts';
import { type DeadMan, startDeadMan } from '../system/dead-man.ts';
import { allPids, belongsToRun } from '../system/proc.ts';
import type { RedisSource } from '../system/redis-source.ts';
import { provideRedis } from '../toolchain/redis.ts';
import type { Arm } from '../verdict.ts';

export const projectRoot = resolve(import.meta.dirname, '../..');

export interface Laboratory {
  readonly deadMan: DeadMan;
  readonly redis: RedisSource;
  readonly outDir: string;
  /** Runs one claim, with both arms unless told otherwise; also answers what each arm showed. */
  run(claim: Claim, differs?: Partial<RunContext>): Promise<Shown>;
  /** What is still there: the processes of this dead-man's runs, and temporary directories of any run. */
  leftovers(of?: DeadMan): { processes: number[]; directories: string[] };
}

/** An adapter from a file, as `--queue` would put it under a claim. */
export function planted(spec: string): QueueUnderTest {
  return { spec, adapter: { name: 'planted', contract: 'effectively-once' } };
}

export interface Shown {
  result: ClaimResult;
  arms: Partial<Record<ArmName, Arm>>;
  /** Where the run is kept. */
  dir: string;
}

/** Call it in a test file's top level. It is ready in the file's tests and gone after them. */
export function laboratory(): Laboratory {
  const before = process.env.TMPDIR;
  const dir = mkdtempSync(join(tmpdir(), 'redproof-sight-'));
  const temporaryDir = join(dir, 'tmp');
  const outDir = join(dir, 'runs');
  let deadMan: DeadMan;
  let redis: RedisSource;
  let runs = 0;

  beforeAll(async () => {
    mkdirSync(temporaryDir);
    process.env.TMPDIR = temporaryDir;
    const binary = await provideRedis({ root: projectRoot, env: process.env, say: () => {} });
    redis = { kind: 'binary', binary, version: binary.version };
    deadMan = await startDeadMan();
  });
  afterAll(async () => {
    await deadMan.dismiss();
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(dir, { recursive: true, force: true });
  });

  return {
    get deadMan() {
      return deadMan;
    },
    get redis() {
      return redis;
    },
    outDir,
    run: async (claim, differs = {}) => {
      const arms: Shown['arms'] = {};
      const reporter: Reporter = {
        armFinished: (_, name, arm) => {
          arms[name] = arm;
        },
      };
      const store = createStore(outDir, `run-${++runs}`);
      const { signal } = new AbortController();
      const context = { seed: 1, redis, deadMan, reporter, signal, projectRoot };
      const result = await runClaim(claim, store.claim(claim.id, 0), { ...context, ...differs });
      return { result, arms, dir: store.dir };
    },
    leftovers: ({ token } = deadMan) => ({
      processes: allPids().filter((pid) => belongsToRun(pid, token)),
      directories: readdirSync(temporaryDir),
    }),
  };
}
