// The host's side of one sandbox thread: starts it, gives it one submission at a time, and ends it hard when it does not
// answer. Which submission runs where is the pool's business.

import assert from 'node:assert/strict';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { type Judgement, judgementSchema, type Submission } from '../shared/contract.ts';
import type { SandboxLimits } from '../shared/judge/limits.ts';
import { findProblem } from '../shared/judge/problems.ts';

/** The program is not to be trusted, so neither is what comes out of its thread. */
const fromThreadSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('judged'), judgement: judgementSchema, reloading: z.boolean() }),
]);
export type FromThread = z.infer<typeof fromThreadSchema>;

/** How long after the time limit a thread may still answer by itself. */
const answerGraceMs = 100;

export interface Thread {
  /** Resolves when it can take a submission; rejects if it died before. */
  ready(): Promise<void>;
  /** One at a time, after `ready`. Rejects only if `terminate` was called meanwhile. */
  run(submission: Submission): Promise<Judgement>;
  alive(): boolean;
  terminate(): Promise<void>;
}

export function startThread(limits: SandboxLimits): Thread {
  const worker = new Worker(new URL('./sandbox-thread.ts', import.meta.url), {
    workerData: limits,
    env: compileCache(),
    execArgv: [],
    // For the JavaScript heap around the sandbox; the sandbox' own memory is limited inside.
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  let alive = true;
  let ready = Promise.withResolvers<void>();
  let run: { submission: Submission; beganMs: number; judged: PromiseWithResolvers<Judgement> } | undefined;
  const die = (why: Judgement | Error) => {
    alive = false;
    const error = why instanceof Error ? why : new Error(`the sandbox thread died: ${why.message}`);
    ready.reject(error);
    if (why instanceof Error) run?.judged.reject(why);
    else run?.judged.resolve(why);
    void worker.terminate();
  };
  const dieRunning = (verdict: 'TLE' | 'MLE' | 'RE', message: string) => {
    const problem = run && findProblem(run.submission.problemId);
    const runMs = run ? Math.round(performance.now() - run.beganMs) : 0;
    die({ verdict, passed: 0, total: problem?.tests.length ?? 0, runMs, message });
  };
  // Nobody may be waiting when an idle thread dies.
  ready.promise.catch(() => {});

  worker.on('message', (message: unknown) => {
    const parsed = fromThreadSchema.safeParse(message);
    if (!parsed.success) return dieRunning('RE', 'the sandbox broke');
    if (parsed.data.type === 'ready') return ready.resolve();
    if (parsed.data.reloading) {
      ready = Promise.withResolvers();
      ready.promise.catch(() => {});
    }
    run?.judged.resolve(parsed.data.judgement);
  });
  worker.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') dieRunning('MLE', 'over the memory limit');
    else dieRunning('RE', 'the sandbox broke');
  });
  worker.on('exit', () => dieRunning('RE', 'the sandbox broke'));

  return {
    ready: () => ready.promise,
    alive: () => alive,
    async run(submission) {
      assert(alive && run === undefined, 'a thread runs one submission at a time');
      const mine = { submission, beganMs: performance.now(), judged: Promise.withResolvers<Judgement>() };
      run = mine;
      const overdue = () =>
        dieRunning('TLE', `over the time limit of ${limits.timeLimitMs} ms; it had to be stopped`);
      // After a pause of the whole process the timer comes first, though the answer may be there: look once more.
      const look = () => setImmediate(() => run === mine && overdue());
      const timer = setTimeout(look, limits.timeLimitMs + answerGraceMs);
      worker.postMessage(submission);
      try {
        return await mine.judged.promise;
      } finally {
        clearTimeout(timer);
        run = undefined;
      }
    },
    async terminate() {
      die(new Error('the sandbox thread was terminated'));
      await worker.terminate();
    },
  };
}

/** With the process' own compile cache a thread starts in half the time; it gets nothing else of the environment. */
function compileCache(): { NODE_COMPILE_CACHE?: string } {
  const dir = getCompileCacheDir();
  return dir === undefined ? {} : { NODE_COMPILE_CACHE: dirname(dir) };
}
