// A queue of one's own under Redproof's faults: copy this file, put your queue behind these calls, and run
//
//   npm run chaos -- --queue ./my-adapter.ts
//
// What each call must do is said in services/shared/queue/queue.ts. This one is a small queue that works: a list of what
// waits, a sorted set of leases, a hash for each job. Every transition is one script, so that each may be repeated when
// its reply was lost; Redis' clock is the only one.

import { Redis } from 'ioredis';
import type {
  Acked,
  Claim,
  Consumer,
  Enqueued,
  JobChange,
  JobRecord,
  Producer,
  QueueAdapter,
  QueueSettings,
} from '../services/shared/queue/queue.ts';

/** Calls must reject soon while Redis is away, never hang, and never be resent unseen. */
const options = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: 700,
  socketTimeout: 2000,
  retryStrategy: (times: number) => Math.min(20 * times, 250),
};

const prelude = `
  local prefix = KEYS[1]
  local function job(id) return prefix .. 'job:' .. id end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local function change(id, state)
    redis.call('HSET', job(id), 'state', state)
    return redis.call('HINCRBY', job(id), 'version', 1)
  end
  local function mine(id, fence)
    local state, current = unpack(redis.call('HMGET', job(id), 'state', 'fence'))
    return state == 'running' and current == fence
  end
  -- The job at the head, or behind the others; and one token that wakes one worker.
  local function queue(id, push)
    redis.call(push, prefix .. 'waiting', id)
    redis.call('LPUSH', prefix .. 'bell', 1)
    redis.call('LTRIM', prefix .. 'bell', 0, 255)
  end
`;

/** ARGV of each is said at its call. */
const scripts = {
  enqueue: `
    local id, payload, trace, cap = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
    local known = redis.call('HGET', job(id), 'payload')
    if known then return known == payload and 'known' or 'conflict' end
    if cap > 0 and redis.call('LLEN', prefix .. 'waiting') >= cap then return 'full' end
    redis.call('HSET', job(id), 'payload', payload, 'fence', 0, 'attempts', 0, 'enqueuedAtMs', now)
    if trace ~= '' then redis.call('HSET', job(id), 'trace', trace) end
    change(id, 'queued')
    queue(id, 'LPUSH')
    return 'accepted'`,
  claim: `
    local owner, leaseMs, max = ARGV[1], ARGV[2], tonumber(ARGV[3])
    local claims = {}
    while #claims < max do
      local id = redis.call('RPOP', prefix .. 'waiting')
      if not id then break end
      redis.call('ZADD', prefix .. 'leases', now + leaseMs, id)
      redis.call('HSET', job(id), 'owner', owner, 'startedAtMs', now)
      local fence = redis.call('HINCRBY', job(id), 'fence', 1)
      local attempt = redis.call('HINCRBY', job(id), 'attempts', 1)
      local payload, enqueuedAtMs, trace = unpack(redis.call('HMGET', job(id), 'payload', 'enqueuedAtMs', 'trace'))
      claims[#claims + 1] = { id, payload, fence, attempt, change(id, 'running'), enqueuedAtMs, trace or '' }
    end
    return claims`,
  renew: `
    local lost = {}
    for i = 2, #ARGV, 2 do
      if mine(ARGV[i], ARGV[i + 1]) then redis.call('ZADD', prefix .. 'leases', now + ARGV[1], ARGV[i])
      else lost[#lost + 1] = ARGV[i] end
    end
    return lost`,
  ack: `
    local id, fence, result, retentionMs, fenced = unpack(ARGV)
    local state, acked, version = unpack(redis.call('HMGET', job(id), 'state', 'acked', 'version'))
    if state == 'done' and acked == fence then return { 'already', tonumber(version) } end
    if fenced == '1' and not mine(id, fence) then return { 'stale' } end
    redis.call('ZREM', prefix .. 'leases', id)
    redis.call('HSET', job(id), 'result', result, 'acked', fence, 'finishedAtMs', now)
    redis.call('PEXPIRE', job(id), retentionMs)
    if state ~= 'done' then redis.call('INCR', prefix .. 'done') end
    return { 'acked', change(id, 'done') }`,
  release: `
    local id, fence = ARGV[1], ARGV[2]
    if not mine(id, fence) then return {} end
    redis.call('ZREM', prefix .. 'leases', id)
    redis.call('HINCRBY', job(id), 'fence', 1)
    queue(id, 'RPUSH')
    return { id, 'queued', change(id, 'queued'), tonumber(redis.call('HGET', job(id), 'attempts')) }`,
  reap: `
    local maxAttempts, changes = tonumber(ARGV[1]), {}
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leases', '-inf', now, 'LIMIT', 0, 100)) do
      local attempts, trace, heldSinceMs = unpack(redis.call('HMGET', job(id), 'attempts', 'trace', 'startedAtMs'))
      attempts = tonumber(attempts)
      local state = maxAttempts > 0 and attempts >= maxAttempts and 'dead' or 'queued'
      redis.call('ZREM', prefix .. 'leases', id)
      redis.call('HINCRBY', job(id), 'fence', 1)
      if state == 'dead' then redis.call('ZADD', prefix .. 'dead', now, id) else queue(id, 'RPUSH') end
      changes[#changes + 1] = { id, state, change(id, state), attempts, trace or '', heldSinceMs }
    end
    return changes`,
  redrive: `
    local id = ARGV[1]
    if redis.call('ZREM', prefix .. 'dead', id) == 0 then return {} end
    redis.call('HSET', job(id), 'attempts', 0)
    queue(id, 'LPUSH')
    return { id, 'queued', change(id, 'queued'), 0 }`,
};

function connect(settings: QueueSettings) {
  const redis = new Redis(settings.redis.url, options);
  redis.on('error', () => {}); // whoever has a call under way is told
  const run = <T>(script: keyof typeof scripts, ...args: (string | number)[]) =>
    redis.eval(prelude + scripts[script], 1, settings.prefix, ...args) as Promise<T>;
  return { redis, run };
}

function producer(settings: QueueSettings): Producer {
  const { prefix, cap } = settings;
  const { redis, run } = connect(settings);
  const get = async (id: string): Promise<JobRecord | null> => {
    const fields = await redis.hgetall(`${prefix}job:${id}`);
    if (fields.state === undefined) return null;
    const { version, fence, attempts, enqueuedAtMs, startedAtMs, finishedAtMs, acked: _, ...texts } = fields;
    return {
      ...(texts as Pick<JobRecord, 'payload' | 'state'>),
      id,
      version: Number(version),
      fence: Number(fence),
      attempts: Number(attempts),
      enqueuedAtMs: Number(enqueuedAtMs),
      ...(startedAtMs !== undefined && { startedAtMs: Number(startedAtMs) }),
      ...(finishedAtMs !== undefined && { finishedAtMs: Number(finishedAtMs) }),
    };
  };
  return {
    async enqueue({ id, payload, trace = '' }): Promise<Enqueued> {
      const outcome = await run<Enqueued['outcome']>('enqueue', id, payload, trace, cap);
      if (outcome === 'full') return { outcome, queued: await redis.llen(`${prefix}waiting`), cap };
      const record = await get(id);
      if (record === null) throw new Error(`${id} was enqueued and is gone`);
      return { outcome, record };
    },
    get,
    async counts() {
      const [queued, running, done, dead] = await Promise.all([
        redis.llen(`${prefix}waiting`),
        redis.zcard(`${prefix}leases`),
        redis.get(`${prefix}done`),
        redis.zcard(`${prefix}dead`),
      ]);
      return { queued, running, done: Number(done), dead };
    },
    async deadLetters(limit) {
      const ids = limit < 1 ? [] : await redis.zrange(`${prefix}dead`, '0', String(limit - 1));
      const records = await Promise.all(ids.map(get));
      return records.filter((record) => record?.state === 'dead') as JobRecord[];
    },
    redrive: async (id) => toChange(await run('redrive', id)),
    ping: async () => void (await redis.ping()),
    close: async () => redis.disconnect(),
  };
}

function consumer(settings: QueueSettings, worker: string): Consumer {
  const { prefix, leaseMs, maxAttempts, retentionMs, fenced } = settings;
  const { redis, run } = connect(settings);
  const waiting = new Redis(settings.redis.url, { ...options, commandTimeout: undefined });
  waiting.on('error', () => {});
  const inHand = new Map<string, Claim>();
  const drop = ({ id, fence }: Claim) => inHand.get(id)?.fence === fence && inHand.delete(id);

  const take = async (max: number): Promise<Claim[]> => {
    const rows = await run<[string, string, number, number, number, string, string][]>(
      'claim',
      worker,
      leaseMs,
      max,
    );
    const claims = rows.map(([id, payload, fence, attempt, version, enqueuedAtMs, trace]) => ({
      id,
      payload,
      fence,
      attempt,
      version,
      enqueuedAtMs: Number(enqueuedAtMs),
      ...(trace !== '' && { trace }),
    }));
    for (const claim of claims) inHand.set(claim.id, claim);
    return claims;
  };

  return {
    async claim(max, signal) {
      const claims = signal.aborted ? [] : await take(max);
      if (claims.length > 0 || signal.aborted) return claims;
      await waiting.blpop(`${prefix}bell`, 1);
      return signal.aborted ? [] : take(max);
    },
    async heartbeat() {
      const held = [...inHand.values()];
      const lost = new Set(
        await run<string[]>('renew', leaseMs, ...held.flatMap(({ id, fence }) => [id, fence])),
      );
      return fenced ? held.filter((claim) => lost.has(claim.id) && drop(claim)) : [];
    },
    async ack(claim, result): Promise<Acked> {
      const args = [claim.id, claim.fence, result, retentionMs, fenced ? 1 : 0];
      const [outcome, version] = await run<['acked' | 'already' | 'stale', number]>('ack', ...args);
      drop(claim);
      return outcome === 'stale' ? { outcome } : { outcome, version };
    },
    async release(claim) {
      const change = toChange(await run('release', claim.id, claim.fence));
      drop(claim);
      return change;
    },
    reap: async () =>
      (await run<ReapedRow[]>('reap', maxAttempts)).map(
        ([id, state, version, attempts, trace, heldSinceMs]) => ({
          ...{ id, state, version, attempts, heldSinceMs: Number(heldSinceMs) },
          ...(trace !== '' && { trace }),
        }),
      ),
    async close() {
      for (const connection of [redis, waiting]) connection.disconnect();
    },
  };
}

type ChangeRow = [id: string, state: JobChange['state'], version: number, attempts: number];
type ReapedRow = [...ChangeRow, trace: string, heldSinceMs: string];

function toChange([id, state, version, attempts]: ChangeRow | []): JobChange | null {
  return id === undefined ? null : { id, state: state!, version: version!, attempts: attempts! };
}

export default { name: 'my-queue', contract: 'effectively-once', producer, consumer } satisfies QueueAdapter;
