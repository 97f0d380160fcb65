// What a step of the search used: from samples of counters to figures. Pure; sampler.ts takes the samples.

export const components = ['api', 'subscriber', 'worker', 'redis', 'k6'] as const;
export type Component = (typeof components)[number];

/** Counters only rise; all are in the clock ticks of the machine. */
export interface Sample {
  atMs: number;
  /** `main`: of the main threads, each process by itself: a Node process does its waiting-in-line there. */
  cpu: Partial<Record<Component, { ticks: number; main: number[] }>>;
  machine: { busy: number; total: number } | null;
  queue: { waiting: number; running: number } | null;
  /** Of the API's event loop, p99 since the last sample. */
  lagMs: number | null;
}

export interface Resources {
  /** Cores used, on average. */
  cores: Partial<Record<Component, number>>;
  /** The busiest main thread of each component, from 0 to 1. */
  mainThread: Partial<Record<Component, number>>;
  /** What else ran on the machine, in cores; `null` where it cannot be seen. */
  others: number | null;
  machine: { busyCores: number; cores: number } | null;
  queue: { atStart: number; atEnd: number; most: number; runningMean: number } | null;
  lagMsMost: number | null;
}

/** Of the part in which the load ran evenly: the samples are those between its first second and its end. */
export function resourcesOf(samples: readonly Sample[], ticksPerSecond: number, cores: number): Resources {
  const first = samples[0];
  const last = samples.at(-1);
  const nothing: Resources = {
    cores: {},
    mainThread: {},
    others: null,
    machine: null,
    queue: null,
    lagMsMost: null,
  };
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return nothing;
  const ticks = ((last.atMs - first.atMs) / 1000) * ticksPerSecond;
  const result = nothing;
  for (const component of components) {
    const [before, after] = [first.cpu[component], last.cpu[component]];
    if (before === undefined || after === undefined) continue;
    result.cores[component] = round((after.ticks - before.ticks) / ticks);
    const each = after.main.map((main, index) => (main - (before.main[index] ?? main)) / ticks);
    result.mainThread[component] = round(Math.max(0, ...each));
  }
  if (first.machine && last.machine && last.machine.total > first.machine.total) {
    const share = (last.machine.busy - first.machine.busy) / (last.machine.total - first.machine.total);
    const known = Object.values(result.cores).reduce((sum, used) => sum + used, 0);
    result.machine = { busyCores: round(share * cores), cores };
    result.others = round(Math.max(0, share * cores - known));
  }
  const queues = samples.flatMap(({ queue }) => queue ?? []);
  if (queues.length > 0) {
    result.queue = {
      atStart: queues[0]!.waiting,
      atEnd: queues.at(-1)!.waiting,
      most: Math.max(...queues.map(({ waiting }) => waiting)),
      runningMean: round(queues.reduce((sum, { running }) => sum + running, 0) / queues.length),
    };
  }
  const lags = samples.flatMap(({ lagMs }) => lagMs ?? []);
  if (lags.length > 0) result.lagMsMost = round(Math.max(...lags));
  return result;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
