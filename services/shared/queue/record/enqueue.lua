-- ARGV: id, payload, cap (0: none).
-- Answers {'accepted', enqueuedAtMs} | {'known' | 'conflict', fields} | {'full', queued}.
local id, payload, cap = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = redis.call('HGET', job(id), 'payload')
if known then
  return { known == payload and 'known' or 'conflict', redis.call('HGETALL', job(id)) }
end
local queued = redis.call('LLEN', prefix .. 'queued')
if cap > 0 and queued >= cap then return { 'full', queued } end
local at = now()
redis.call('HSET', job(id), 'payload', payload, 'state', 'queued', 'version', 1, 'fence', 0, 'attempts', 0,
  'enqueuedAtMs', at)
redis.call('LPUSH', prefix .. 'queued', id)
return { 'accepted', at }
