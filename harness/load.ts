// `npm run load`: from flags to an exit status. What a load test does is in load/run.ts, what k6 does in loadtests/.
//
// Exit status: 0 every objective was met · 1 one was not · 64 bad usage · 70 the harness failed · 130 interrupted by a signal, or
// by the end of whoever read the output; everything is cleaned up then.

import { resolve } from 'node:path';
import { monotonicMs } from '../services/shared/clock.ts';
import { loadAdapter } from '../services/shared/queue/load.ts';
import { exitWith, onInterrupt, write } from './command.ts';
import { type LoadFlags, parseLoadFlags } from './load/flags.ts';
import { type Progress, progress } from './load/progress.ts';
import { type LoadOptions, runLoad, type Teller } from './load/run.ts';
import { scenarios } from './load/scenarios.ts';
import { findTarget } from './load/target.ts';
import { heading, painter, report, stepLine, widthOf } from './load/terminal.ts';
import { startDeadMan } from './system/dead-man.ts';
import { findRedis, UsageError } from './system/find-redis.ts';
import { provideK6 } from './toolchain/k6.ts';
import { assertWritable } from './writable.ts';

const projectRoot = resolve(import.meta.dirname, '..');
/** How long an interrupted run may take to end in good order; then the dead-man ends what is left of it. */
const tearDownMs = 2000;

class Interrupted extends Error {}

const interrupted = onInterrupt();
await exitWith(await main(process.argv.slice(2)));

async function main(argv: string[]): Promise<number> {
  try {
    const flags = parseLoadFlags(argv, scenarios(projectRoot));
    return flags === undefined ? 0 : await load(flags);
  } catch (error) {
    return fail(error);
  }
}

async function load(flags: LoadFlags): Promise<number> {
  const stream = flags.json ? process.stderr : process.stdout;
  const shown = progress(stream, process.env.TERM === 'dumb', monotonicMs);
  const outDir = resolve(flags.out);
  assertWritable(outDir, '--out');
  const deadMan = await startDeadMan();
  const { signal } = interrupted;
  try {
    // What is wrong with the target is said at once, not after k6 was built for minutes.
    const on = await orInterrupted(whereTo(flags, shown));
    const providing = provideK6({
      root: projectRoot,
      env: process.env,
      deadMan,
      say: shown.say,
      progress: shown.show,
      signal,
    });
    const k6 = await orInterrupted(providing.catch(asUsage));
    const paint = painter(stream);
    const { results, dir } = await orInterrupted(
      runLoad({ flags, k6, on, outDir, deadMan, projectRoot, signal, teller: teller(shown, stream) }),
    );
    shown.say(`\n${report(results, dir, widthOf(stream), paint)}`);
    if (flags.json) await write(process.stdout, `${JSON.stringify(results, null, 2)}\n`);
    return results.passed ? 0 : 1;
  } finally {
    shown.clear();
    await deadMan.dismiss();
  }
}

async function whereTo({ target, ws, queue }: LoadFlags, { say }: Progress): Promise<LoadOptions['on']> {
  if (target) return { target: await findTarget(target, ws) };
  await loadAdapter(queue).catch(asUsage);
  return findRedis({ flag: undefined, projectRoot, env: process.env, say });
}

function teller(shown: Progress, stream: NodeJS.WriteStream): Teller {
  const paint = painter(stream);
  return {
    began: (run) => shown.say(`${heading(run, widthOf(stream), paint)}\n`),
    now: shown.show,
    fault: ({ kind, target, landed }, atMs) => {
      const seconds = (atMs / 1000).toFixed(1);
      shown.say(`  ${seconds.padStart(6)} s  ${kind} ${target}${landed ? '' : ' (no effect)'}`);
    },
    step: (step) => shown.say(stepLine(step, paint)),
  };
}

function asUsage(error: Error): never {
  if (interrupted.signal.aborted) throw error;
  throw new UsageError(error.message, { cause: error });
}

/** What the work gives. Work that is interrupted gets a moment for its tear-down, and no more. */
async function orInterrupted<T>(work: Promise<T>): Promise<T> {
  const { signal } = interrupted;
  const enough = new Promise<never>((_, reject) => {
    const abort = () => setTimeout(() => reject(signal.reason), tearDownMs);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, enough]);
  } catch (error) {
    throw signal.aborted ? new Interrupted(signal.reason.message) : error;
  }
}

async function fail(error: unknown): Promise<number> {
  if (error instanceof Interrupted) {
    await write(process.stderr, `\ninterrupted (${error.message}); all that the run had started is gone\n`);
    return 130;
  }
  if (error instanceof UsageError) {
    await write(process.stderr, `${error.message}\n`);
    return 64;
  }
  await write(process.stderr, `the harness failed: ${(error as Error).stack}\n`);
  return 70;
}
