// What must be true of an adapter with leases whenever it is quiet (no call under way), read from Redis itself. It
// remembers what it saw, so that fences and versions can be seen to fall and finished jobs to change.

import type { Redis } from 'ioredis';
import type { JobRecord } from './queue.ts';
import { decodeFlatRecord, decodeRecord } from './record.ts';
import { scripts } from './stream/scripts.ts';

/** Where an adapter keeps its jobs. */
export interface Layout {
  /** The names of the places in which each id lies, sorted; a name stands there as often as the id does. */
  places(redis: Redis, prefix: string): Promise<Map<string, string[]>>;
  /** What the adapter itself tells of a job. */
  record(redis: Redis, prefix: string, id: string): Promise<JobRecord | null>;
  /** Whether a queued or a running job belongs into just these places. */
  right(job: JobRecord, places: string[]): boolean;
}

/**
 * A check to be called again and again. It takes the ids whose enqueue was acknowledged and answers one sentence for
 * each thing that is wrong. Records must outlive the watch (`retentionMs`), or they count as missing.
 */
export function watchInvariants(
  redis: Redis,
  prefix: string,
  layout: Layout,
): (acknowledged: Iterable<string>) => Promise<string[]> {
  let before = new Map<string, JobRecord>();
  return async (acknowledged) => {
    const places = await layout.places(redis, prefix);
    for (const id of await redis.zrange(`${prefix}dead`, '0', '-1')) add(places, id, 'dead');
    const jobs = await records(redis, prefix, layout);
    const wrong = [
      ...[...jobs.values()].flatMap((job) => placed(job, places.get(job.id) ?? [], layout)),
      ...[...jobs.values()].flatMap((job) => followed(before.get(job.id), job)),
      ...[...places]
        .filter(([id]) => !jobs.has(id))
        .map(([id, where]) => `${id} is in ${where}, without a record`),
      ...[...acknowledged].filter((id) => !jobs.has(id)).map((id) => `${id} was acknowledged and is gone`),
    ];
    const done = [...jobs.values()].filter((job) => job.state === 'done').length;
    const counted = Number(await redis.get(`${prefix}done`));
    if (done !== counted) wrong.push(`the counter says ${counted} done, ${done} records do`);
    before = jobs;
    return wrong;
  };
}

/** Waiting in `queued`, or popped into a worker's list and not adopted yet; running in its owner's list, with a lease. */
export const listLayout: Layout = {
  async places(redis, prefix) {
    const places = new Map<string, string[]>();
    for (const key of await keysOf(redis, prefix)) {
      if (key !== 'queued' && !key.startsWith('processing:')) continue;
      for (const id of await redis.lrange(prefix + key, 0, -1)) add(places, id, key);
    }
    for (const id of await redis.zrange(`${prefix}leases`, '0', '-1')) add(places, id, 'leases');
    return sorted(places);
  },
  record: async (redis, prefix, id) => decodeRecord(id, await redis.hgetall(`${prefix}job:${id}`)),
  right: (job, places) =>
    job.state === 'queued'
      ? places.length === 1 && places[0] !== 'leases' && places[0] !== 'dead'
      : equal(places, ['leases', `processing:${job.owner}`]),
};

/**
 * Waiting in the stream, undelivered or pending by nobody; running in the stream, pending by its owner. (Entries that are
 * finished stay there until what is before them is finished too.)
 */
export const streamLayout: Layout = {
  async places(redis, prefix) {
    const places = new Map<string, string[]>();
    const stream = `${prefix}stream`;
    const [group] = (await redis.xinfo('GROUPS', stream).catch(() => [])) as unknown[][];
    const lastDelivered = group === undefined ? '0-0' : String(group[group.indexOf('last-delivered-id') + 1]);
    const pending = group === undefined ? [] : await redis.xpending(stream, 'workers', '-', '+', 100_000);
    const holders = new Map((pending as [string, string][]).map(([entry, holder]) => [entry, holder]));
    for (const [entry, [, id]] of await redis.xrange(stream, '-', '+')) {
      const holder = holders.get(entry);
      if (holder !== undefined || isAfter(entry, lastDelivered)) add(places, id!, 'stream');
      if (holder !== undefined) add(places, id!, `pending by ${holder}`);
      holders.delete(entry);
    }
    for (const [entry, holder] of holders) add(places, `trimmed ${entry}`, `pending by ${holder}`);
    return sorted(places);
  },
  record: async (redis, prefix, id) => decodeFlatRecord(id, await redis.eval(scripts.get, 1, prefix, id)),
  right: (job, places) =>
    job.state === 'queued'
      ? equal(places, ['stream']) || equal(places, ['pending by -', 'stream'])
      : equal(places, [`pending by ${job.owner}`, 'stream']),
};

/** Of two ids of entries, which are <ms>-<number>. */
function isAfter(entry: string, other: string): boolean {
  const [a, b] = [entry, other].map((id) => id.split('-').map(BigInt));
  return a![0]! > b![0]! || (a![0] === b![0] && a![1]! > b![1]!);
}

async function keysOf(redis: Redis, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const page of redis.scanStream({ match: `${prefix}*`, count: 500 })) {
    for (const key of page as string[]) keys.add(key.slice(prefix.length));
  }
  return keys;
}

async function records(redis: Redis, prefix: string, layout: Layout): Promise<Map<string, JobRecord>> {
  const jobs = new Map<string, JobRecord>();
  for (const key of await keysOf(redis, prefix)) {
    if (!key.startsWith('job:')) continue;
    const record = await layout.record(redis, prefix, key.slice(4));
    if (record) jobs.set(record.id, record);
  }
  return jobs;
}

/** A job is where its state says, once, and nowhere else. */
function placed(job: JobRecord, places: string[], layout: Layout): string[] {
  const wrong: string[] = [];
  const right =
    job.state === 'done'
      ? places.length === 0
      : job.state === 'dead'
        ? equal(places, ['dead'])
        : layout.right(job, places);
  if (!right) {
    const where = places.join(' and ') || 'no place';
    wrong.push(`${job.id} is ${job.state}, of ${job.owner ?? 'nobody'}, and in ${where}`);
  }
  if ((job.result !== undefined) !== (job.state === 'done')) {
    wrong.push(`${job.id} is ${job.state} with result ${job.result}`);
  }
  return wrong;
}

function followed(before: JobRecord | undefined, job: JobRecord): string[] {
  if (!before) return [];
  const wrong: string[] = [];
  if (job.fence < before.fence) wrong.push(`${job.id}: its fence fell from ${before.fence} to ${job.fence}`);
  if (job.version < before.version)
    wrong.push(`${job.id}: its version fell from ${before.version} to ${job.version}`);
  if (before.state === 'done' && JSON.stringify(before) !== JSON.stringify(job)) {
    wrong.push(`${job.id} was done and changed: ${JSON.stringify(before)} to ${JSON.stringify(job)}`);
  }
  return wrong;
}

function add(places: Map<string, string[]>, id: string, place: string): void {
  places.set(id, [...(places.get(id) ?? []), place]);
}

function sorted(places: Map<string, string[]>): Map<string, string[]> {
  for (const where of places.values()) where.sort();
  return places;
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((place, i) => place === b[i]);
}
