-- Gives a claim back unfinished, ahead of the others. The delivery counts as an attempt.
-- ARGV: id, fence, worker. Answers {id, state, version, attempts}, or {} if it was no longer this worker's.
local id, fence, worker = unpack(ARGV)
local state, jobFence, owner, attempts, entry =
  unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'attempts', 'entry'))
if not (state == 'running' and jobFence == fence and owner == worker) then return {} end
redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')
redis.call('HDEL', job(id), 'owner', 'startedAtMs')
redis.call('HSET', job(id), 'state', 'queued')
redis.call('HINCRBY', job(id), 'fence', 1)
ring()
return { id, 'queued', redis.call('HINCRBY', job(id), 'version', 1), tonumber(attempts) }
