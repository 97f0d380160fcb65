// Which system an experiment wants: how many of each service, with which settings, on which Redis. Pure data, a part of
// the plan. The defaults are the ones of the claims table.

export interface SystemSpec {
  /** A queue adapter's name, or the path of a file. */
  queue: string;
  apis: number;
  workers: number;
  /** Jobs that one worker runs at a time. */
  concurrency: number;
  subscribers: number;
  leaseMs: number;
  /** Settings of Redis, as in its configuration file. */
  redis: Record<string, string>;
  /** Redis keeps its data on a disk of its own, whose power can be cut. `null`: in a plain directory. */
  disk: DiskSpec | null;
  /** Which links go through a proxy of the harness (proxy.ts): one for each instance. */
  proxied: readonly Link[];
  /** Further environment variables (services/shared/config.ts) for all instances of a service. */
  env: { api: Record<string, string>; worker: Record<string, string>; subscriber: Record<string, string> };
}

/** From a service to Redis, or from clients to the API. */
export type Link = 'api-redis' | 'worker-redis' | 'subscriber-redis' | 'client-api';

export interface DiskSpec {
  sizeMiB: number;
  /** `whereItCan`: on a machine that cannot make one, Redis gets a plain directory, and power cuts are left out. */
  needed: 'always' | 'whereItCan';
}

const persistent = { appendonly: 'yes', appendfsync: 'always', save: '' };
const volatile = { appendonly: 'no', save: '' };

/** The judge, with what differs from the defaults: one API, two workers of two slots, no subscriber, Redis in memory. */
export function judgeOf(
  differs: Partial<Omit<SystemSpec, 'env'>> & { env?: Partial<SystemSpec['env']> } = {},
): SystemSpec {
  return {
    queue: 'reliable-list',
    apis: 1,
    workers: 2,
    concurrency: 2,
    subscribers: 0,
    leaseMs: 1000,
    redis: volatile,
    disk: null,
    proxied: [],
    ...differs,
    env: { api: {}, worker: {}, subscriber: {}, ...differs.env },
  };
}

/** The same for every service. */
export function everywhere(env: Record<string, string>): SystemSpec['env'] {
  return { api: env, worker: env, subscriber: env };
}

/** Redis alone, for claims about Redis itself. */
export function onlyRedis(
  redis: Record<string, string> = volatile,
  disk: SystemSpec['disk'] = null,
): SystemSpec {
  return judgeOf({ apis: 0, workers: 0, redis, disk });
}

export { persistent, volatile };
