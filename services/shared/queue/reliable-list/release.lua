-- Gives a claim back unfinished, ahead of the others. The delivery counts as an attempt.
-- ARGV: id, fence, worker. Answers {id, state, version, attempts}, or {} if it was no longer this worker's.
local id, fence, worker = unpack(ARGV)
local state, jobFence, owner, attempts =
  unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'attempts'))
if not (state == 'running' and jobFence == fence and owner == worker) then return {} end
redis.call('ZREM', prefix .. 'leases', id)
redis.call('LREM', prefix .. 'processing:' .. worker, 0, id)
redis.call('HDEL', job(id), 'owner', 'session', 'startedAtMs')
redis.call('HSET', job(id), 'state', 'queued')
redis.call('HINCRBY', job(id), 'fence', 1)
redis.call('RPUSH', prefix .. 'queued', id)
return { id, 'queued', redis.call('HINCRBY', job(id), 'version', 1), tonumber(attempts) }
