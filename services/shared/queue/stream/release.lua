-- Gives a claim back unfinished, ahead of the others. The delivery counts as an attempt.
-- ARGV: id, fence. Answers {id, state, version, attempts}, or {} if it was no longer this worker's.
local id, fence = unpack(ARGV)
local state, jobFence, attempts, version, entry =
  unpack(redis.call('HMGET', job(id), 'state', 'fence', 'attempts', 'version', 'entry'))
if not (state == 'queued' and jobFence + 1 == tonumber(fence)) then return {} end
attempts, version = attempts + 1, version + 2
redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')
redis.call('HINCRBY', job(id), 'fence', 2)
redis.call('HSET', job(id), 'attempts', attempts, 'version', version)
ring()
return { id, 'queued', version, attempts }
