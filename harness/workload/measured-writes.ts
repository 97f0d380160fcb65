// Measures how fast Redis takes writes, once for each of its lives that the nemesis begins: a closed loop of so many writes on
// a few connections. One observation `measured` each; no op is recorded for a single write.

import { quantile } from '../checker/quantile.ts';
import type { Steady, Workload, WorkloadArena } from '../claim.ts';
import { following } from '../follow.ts';
import type { Event, FaultEvent } from '../op.ts';
import { waitUntil } from '../wait.ts';
import { openOnce } from './redis-client.ts';

export interface MeasuredWritesOptions {
  /** How often. */
  times: number;
  /** Writes of one measurement. */
  count: number;
}

const observer = -1;
/** Each with one write under way, as services have it: the client is not what is measured. */
const connections = 8;
/** Of the same length as the others, so that the client's own code is warm before it counts. */
const warmUps = 3;
const value = 'v'.repeat(100);
const nextDeadlineMs = 60_000;

const isNewLife = (event: Event): event is FaultEvent =>
  event.type === 'fault' && event.step === 'inject' && event.kind === 'change-setting';

export function measuredWrites({ times, count }: MeasuredWritesOptions): Workload {
  return {
    plan: { times, count, connections, valueBytes: value.length },
    steady: async (arena): Promise<Steady> => {
      for (let turn = 0; turn < warmUps; turn++) await measure(arena, count);
      return { passed: true };
    },
    load: async (arena) => {
      const { history, signal } = arena;
      const lives = following(history.events, isNewLife);
      for (let index = 0; index < times; index++) {
        const life = await waitUntil(() => lives()[index], {
          what: `setting ${index + 1} of ${times}`,
          deadlineMs: nextDeadlineMs,
          signal,
        });
        history.observe(observer, 'measured', { setting: life.target, ...(await measure(arena, count)) });
      }
    },
  };
}

interface Measured {
  writes: number;
  durationMs: number;
  latencyMsP50: number;
  latencyMsP99: number;
}

async function measure({ history, target }: WorkloadArena, count: number): Promise<Measured> {
  const names = Array.from({ length: connections }, (_, index) => `measure-${index}`);
  const clients = await Promise.all(names.map((name) => openOnce(target.redisUrl, name)));
  const latenciesMs: number[] = [];
  let next = 0;
  const loop = async (index: number): Promise<void> => {
    const redis = clients[index]!;
    while (next < count) {
      const sentAtMs = history.now();
      await redis.set(`${target.prefix}${next++}`, value);
      latenciesMs.push(history.now() - sentAtMs);
    }
  };
  try {
    const began = history.now();
    // Where save points are on, a snapshot is under way, as it often is for those who have them.
    if ((await saves(clients[0]!)) !== '') await clients[0]!.bgsave();
    await Promise.all(clients.map((_, index) => loop(index)));
    return {
      writes: count,
      durationMs: history.now() - began,
      latencyMsP50: quantile(latenciesMs, 0.5),
      latencyMsP99: quantile(latenciesMs, 0.99),
    };
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function saves(redis: Awaited<ReturnType<typeof openOnce>>): Promise<string> {
  const reply = (await redis.config('GET', 'save')) as string[] | Record<string, string>;
  return Array.isArray(reply) ? (reply[1] ?? '') : (reply.save ?? '');
}
