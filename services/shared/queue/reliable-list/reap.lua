-- Takes what dead or sleeping workers hold. The fence rises here, before anyone else can claim the job, so that the
-- sleeper's late ack is refused from this moment on.
-- ARGV: leaseMs, maxAttempts (0: no limit), limit (jobs a call), forgetMs.
-- Answers {id, state, version, attempts, trace, heldSinceMs of each job whose state changed in one flat list, id and worker
-- of each job that goes back though nobody had claimed it in another, in how many ms the next lease ends (-1: none runs)}.
local leaseMs, maxAttempts, limit, forgetMs =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = now()
local changes, returned = {}, {}

if inGrace(at, leaseMs) then return { changes, returned, -1 } end

-- 1. Leases that ran out. The newest goes back first, so that the oldest ends at the head of the queue.
local expired = redis.call('ZRANGEBYSCORE', prefix .. 'leases', '-inf', at, 'LIMIT', 0, limit)
for i = #expired, 1, -1 do
  local id = expired[i]
  local state, owner, attempts, trace, startedAtMs =
    unpack(redis.call('HMGET', job(id), 'state', 'owner', 'attempts', 'trace', 'startedAtMs'))
  redis.call('ZREM', prefix .. 'leases', id)
  if state == 'running' then
    redis.call('LREM', prefix .. 'processing:' .. owner, 0, id)
    redis.call('HINCRBY', job(id), 'fence', 1)
    local version = redis.call('HINCRBY', job(id), 'version', 1)
    local nextState = 'queued'
    if maxAttempts > 0 and tonumber(attempts) >= maxAttempts then
      nextState = 'dead'
      redis.call('ZADD', prefix .. 'dead', at, id)
    else
      redis.call('HDEL', job(id), 'owner', 'session', 'startedAtMs')
      redis.call('RPUSH', prefix .. 'queued', id)
    end
    redis.call('HSET', job(id), 'state', nextState)
    local change = { id, nextState, version, tonumber(attempts), trace or '', startedAtMs }
    for _, value in ipairs(change) do changes[#changes + 1] = value end
  end
end

-- 2. What a worker popped and never adopted, since it died in between. Its state is `queued` still, so nothing
-- changes that anyone could see; the oldest again ends at the head.
local moved = 0
local gone = redis.call('ZRANGEBYSCORE', prefix .. 'workers', '-inf', at, 'WITHSCORES', 'LIMIT', 0, 500)
for i = 1, #gone, 2 do
  local processing = prefix .. 'processing:' .. gone[i]
  local entries = redis.call('LRANGE', processing, 0, -1)
  for _, id in ipairs(entries) do
    local state = redis.call('HGET', job(id), 'state')
    if state ~= 'running' and moved < limit then
      redis.call('LREM', processing, 0, id)
      if state == 'queued' then
        redis.call('RPUSH', prefix .. 'queued', id)
        returned[#returned + 1] = id
        returned[#returned + 1] = gone[i]
      end
      moved = moved + 1
    end
  end
  -- Not forgotten at once: a blocking pop of the dead may still be on its way through a sleeping Redis.
  if #entries == 0 and tonumber(gone[i + 1]) < at - forgetMs then
    redis.call('ZREM', prefix .. 'workers', gone[i])
  end
end

-- 3. When to look again.
local nextLease = redis.call('ZRANGE', prefix .. 'leases', 0, 0, 'WITHSCORES')
local nextWorker = redis.call('ZRANGEBYSCORE', prefix .. 'workers', at + 1, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local nextEnd = math.min(tonumber(nextLease[2]) or math.huge, tonumber(nextWorker[2]) or math.huge)
return { changes, returned, nextEnd < math.huge and math.max(0, nextEnd - at) or -1 }
