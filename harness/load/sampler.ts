// Takes samples of what the processes of a load test use, while it runs: /proc, the queue's counts, the API's own metrics.
// What they mean is in resources.ts.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { JobState } from '../../services/shared/contract.ts';
import { cpuTicks, machineTicks } from '../system/proc.ts';
import { type Component, components, type Sample } from './resources.ts';

export interface Watched {
  pids(component: Component): readonly number[];
  counts?(): Promise<Record<JobState, number>>;
  apiUrl: string;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

const everyMs = 500;
const answerMs = 1000;

export function startSampler(watched: Watched): Sampler {
  const samples: Sample[] = [];
  const over = new AbortController();
  const loop = async (): Promise<void> => {
    for (;;) {
      const last = over.signal.aborted;
      samples.push(await take(watched));
      // However late the ones before came, there is one from the end.
      if (last) return;
      await delay(everyMs, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const looping = loop();
  return {
    samples,
    stop: async () => {
      over.abort();
      await looping;
    },
  };
}

async function take({ pids, counts, apiUrl }: Watched): Promise<Sample> {
  const cpu: Sample['cpu'] = {};
  for (const component of components) {
    const each = pids(component).flatMap((pid) => cpuTicks(pid) ?? []);
    if (each.length === 0) continue;
    const ticks = each.reduce((sum, one) => sum + one.process, 0);
    cpu[component] = { ticks, main: each.map((one) => one.mainThread) };
  }
  const atMs = monotonicMs();
  const machine = machineTicks() ?? null;
  const [jobs, lagMs] = await Promise.all([counts?.().catch(() => undefined), eventLoopLag(apiUrl)]);
  const queue = jobs === undefined ? null : { waiting: jobs.queued, running: jobs.running };
  return { atMs, cpu, machine, queue, lagMs };
}

/** p99 since the last time that it was asked for; `null` where the API does not say. */
async function eventLoopLag(apiUrl: string): Promise<number | null> {
  try {
    const reply = await fetch(`${apiUrl}/metrics`, { signal: AbortSignal.timeout(answerMs) });
    const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await reply.text())?.[1];
    return seconds === undefined ? null : Math.round(Number(seconds) * 10_000) / 10;
  } catch {
    return null;
  }
}
