// What must be true of `reliable-list` whenever it is quiet (no call under way), read from Redis itself. It remembers
// what it saw, so that fences and versions can be seen to fall and finished jobs to change.

import type { Redis } from 'ioredis';
import type { JobRecord } from './queue.ts';
import { decodeRecord } from './record.ts';

/**
 * A check to be called again and again. It takes the ids whose enqueue was acknowledged and answers one sentence for
 * each thing that is wrong. Records must outlive the watch (`retentionMs`), or they count as missing.
 */
export function watchInvariants(
  redis: Redis,
  prefix: string,
): (acknowledged: Iterable<string>) => Promise<string[]> {
  let before = new Map<string, JobRecord>();
  return async (acknowledged) => {
    const now = await read(redis, prefix);
    const wrong = [
      ...[...now.jobs.values()].flatMap((job) => placed(job, now)),
      ...[...now.jobs.values()].flatMap((job) => followed(before.get(job.id), job)),
      ...strays(now),
      ...[...acknowledged]
        .filter((id) => !now.jobs.has(id))
        .map((id) => `${id} was acknowledged and is gone`),
    ];
    const done = [...now.jobs.values()].filter((job) => job.state === 'done').length;
    if (done !== now.done) wrong.push(`the counter says ${now.done} done, ${done} records do`);
    before = now.jobs;
    return wrong;
  };
}

interface Snapshot {
  jobs: Map<string, JobRecord>;
  /** The name of each list under the prefix, without it, and what it holds. */
  lists: Map<string, string[]>;
  leases: Set<string>;
  dead: Set<string>;
  done: number;
}

async function read(redis: Redis, prefix: string): Promise<Snapshot> {
  const keys = new Set<string>();
  for await (const page of redis.scanStream({ match: `${prefix}*`, count: 500 })) {
    for (const key of page as string[]) keys.add(key.slice(prefix.length));
  }
  const jobs = new Map<string, JobRecord>();
  const lists = new Map<string, string[]>();
  for (const key of keys) {
    if (key.startsWith('job:')) {
      const record = decodeRecord(key.slice(4), await redis.hgetall(prefix + key));
      if (record) jobs.set(record.id, record);
    }
    if (key === 'queued' || key.startsWith('processing:')) {
      lists.set(key, await redis.lrange(prefix + key, 0, -1));
    }
  }
  const leases = new Set(await redis.zrange(`${prefix}leases`, '0', '-1'));
  const dead = new Set(await redis.zrange(`${prefix}dead`, '0', '-1'));
  return { jobs, lists, leases, dead, done: Number(await redis.get(`${prefix}done`)) };
}

/** A job is where its state says, once, and nowhere else. */
function placed(job: JobRecord, { lists, leases, dead }: Snapshot): string[] {
  const places = [...lists].flatMap(([name, ids]) => ids.filter((id) => id === job.id).map(() => name));
  const found = places.join(' and ') || 'no list';
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string) => {
    if (!holds) wrong.push(`${job.id} is ${job.state} ${what}`);
  };
  demand(
    leases.has(job.id) === (job.state === 'running'),
    leases.has(job.id) ? 'with a lease' : 'without a lease',
  );
  demand(dead.has(job.id) === (job.state === 'dead'), 'unlike the dead letters say');
  demand((job.result !== undefined) === (job.state === 'done'), `with result ${job.result}`);
  // Queued may also mean: popped into a worker's list, not adopted yet.
  if (job.state === 'queued') demand(places.length === 1, `in ${found}`);
  if (job.state === 'running') demand(found === `processing:${job.owner}`, `by ${job.owner}, in ${found}`);
  if (job.state === 'done' || job.state === 'dead') demand(places.length === 0, `in ${found}`);
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

function strays({ jobs, lists, leases, dead }: Snapshot): string[] {
  const places = [...lists, ['leases', [...leases]] as const, ['dead', [...dead]] as const];
  return places.flatMap(([name, ids]) =>
    ids.filter((id) => !jobs.has(id)).map((id) => `${id} is in ${name}, without a record`),
  );
}
