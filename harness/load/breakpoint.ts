// `breakpoint`: runs k6 step by step for the search, samples what each step uses, and says what gave out at the first rate that
// was missed.

import { cpus } from 'node:os';
import { join } from 'node:path';
import { type LoadSummary, passed } from '../../loadtests/lib/summary.ts';
import { ticksPerSecond } from '../system/proc.ts';
import { waitUntil } from '../wait.ts';
import { type K6Options, runK6 } from './k6-run.ts';
import { type Limit, limitOf } from './limit.ts';
import type { OwnJudge } from './own-judge.ts';
import { type Component, type Resources, resourcesOf } from './resources.ts';
import { startSampler } from './sampler.ts';
import { type Found, searchRate } from './search.ts';

export interface Step {
  rate: number;
  met: boolean;
  summary: LoadSummary;
  resources: Resources;
}

export interface Breakpoint extends Found {
  steps: Step[];
  /** What gave out at `lowestMissed`. */
  limit: Limit | null;
}

export interface BreakpointOptions extends Omit<K6Options, 'onStart'> {
  /** `undefined`: a target that is somebody else's. */
  own: OwnJudge | undefined;
  onStep(step: Step): void;
  /** Called before each. */
  beforeStep(rate: number): void;
}

const firstRate = 20;
const stepMs = 8000;
const mostPerSecond = 50_000;
/** A tenth: the next step would not tell more on a machine that has other things to do. */
const within = 1.1;
const drainDeadlineMs = 60_000;

export async function findBreakpoint(options: BreakpointOptions): Promise<Breakpoint> {
  const { own, signal, rate = firstRate } = options;
  const steps: Step[] = [];
  const found = await searchRate(
    async (next) => {
      options.beforeStep(next);
      const step = await runStep(options, next, steps.length + 1);
      steps.push(step);
      options.onStep(step);
      if (own) await untilDrained(own, signal);
      return step.met;
    },
    { from: rate, most: mostPerSecond, within },
  );
  const missed = steps.find((step) => step.rate === found.lowestMissed);
  const capacity = own ? { workers: own.system.spec.workers, slotsEach: own.system.spec.concurrency } : null;
  return { ...found, steps, limit: missed ? limitOf(missed.resources, missed.summary, capacity) : null };
}

async function runStep(options: BreakpointOptions, rate: number, number: number): Promise<Step> {
  const { own, target, signal, durationMs = stepMs } = options;
  let k6Pid: number | undefined;
  const pids = (component: Component): number[] => {
    if (component === 'k6') return k6Pid === undefined ? [] : [k6Pid];
    if (own === undefined) return [];
    if (component === 'redis') return [own.system.ownRedis().pid()];
    return own.system.instances(component).map(({ process }) => process.pid);
  };
  let sampler: ReturnType<typeof startSampler> | undefined;
  let loadOver: NodeJS.Timeout | undefined;
  const stopSampling = () => sampler?.stop();
  try {
    const summary = await runK6({
      ...options,
      rate,
      durationMs,
      runId: `${options.runId}-${number}`,
      dir: join(options.dir, `step-${String(number).padStart(2, '0')}-${rate}`),
      onStart: (pid) => {
        k6Pid = pid;
      },
      onLine: (line) => {
        if (line.event === 'planned') {
          // Only while submissions arrive: the quiet before and after would dilute the figures.
          const counts = own?.system.counts;
          sampler = startSampler({ pids, apiUrl: target.url, ...(counts ? { counts } : {}) });
          loadOver = setTimeout(stopSampling, durationMs);
        }
        options.onLine(line);
      },
    });
    signal.throwIfAborted();
    await stopSampling();
    const resources = resourcesOf(sampler?.samples ?? [], ticksPerSecond, cpus().length);
    return { rate, met: passed(summary!), summary: summary!, resources };
  } finally {
    clearTimeout(loadOver);
    await stopSampling();
  }
}

/** What one step left in the queue must not burden the next. */
async function untilDrained({ system }: OwnJudge, signal: AbortSignal): Promise<void> {
  const empty = async () => {
    const { queued, running } = await system.counts();
    return queued + running === 0;
  };
  await waitUntil(empty, {
    what: 'the queue to drain after a step',
    deadlineMs: drainDeadlineMs,
    everyMs: 100,
    signal,
  });
}
