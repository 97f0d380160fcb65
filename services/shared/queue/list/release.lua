-- Gives a job back unfinished, ahead of the others. ARGV: id, fence.
-- Answers {id, state, version, attempts}, or {} if it was not running with this fence.
local id, fence = unpack(ARGV)
local state, jobFence, attempts = unpack(redis.call('HMGET', job(id), 'state', 'fence', 'attempts'))
if not (state == 'running' and jobFence == fence) then return {} end
redis.call('HDEL', job(id), 'owner', 'session', 'startedAtMs')
redis.call('HSET', job(id), 'state', 'queued')
redis.call('HINCRBY', job(id), 'fence', 1)
redis.call('DECR', prefix .. 'running')
redis.call('RPUSH', prefix .. 'queued', id)
return { id, 'queued', redis.call('HINCRBY', job(id), 'version', 1), tonumber(attempts) }
