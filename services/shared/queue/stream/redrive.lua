-- Queues a dead letter again, behind the others, with its attempts back at 0. Its fence stays.
-- ARGV: id. Answers {id, state, version, attempts}, or {} if it is not a dead letter.
local id = ARGV[1]
if redis.call('HGET', job(id), 'state') ~= 'dead' then return {} end
redis.call('ZREM', prefix .. 'dead', id)
redis.call('HSET', job(id), 'state', 'queued', 'attempts', 0, unpack(push(id)))
return { id, 'queued', redis.call('HINCRBY', job(id), 'version', 1), 0 }
