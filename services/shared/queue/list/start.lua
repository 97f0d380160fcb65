-- Marks popped jobs as running. Again for the same session, it answers the same.
-- ARGV: worker, session, then the popped ids.
-- Answers id, payload, fence, attempt, version, enqueuedAtMs, trace of each, in one flat list.
local worker, session = ARGV[1], ARGV[2]
local at = now()
local claims = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local state, owner = unpack(redis.call('HMGET', job(id), 'state', 'session'))
  if state == 'queued' then
    redis.call('HINCRBY', job(id), 'fence', 1)
    redis.call('HINCRBY', job(id), 'attempts', 1)
    redis.call('HINCRBY', job(id), 'version', 1)
    redis.call('HSET', job(id), 'state', 'running', 'owner', worker, 'session', session, 'startedAtMs', at)
    redis.call('INCR', prefix .. 'running')
  end
  if state == 'queued' or (state == 'running' and owner == session) then
    claims[#claims + 1] = id
    local fields =
      redis.call('HMGET', job(id), 'payload', 'fence', 'attempts', 'version', 'enqueuedAtMs', 'trace')
    for f = 1, 6 do claims[#claims + 1] = fields[f] or '' end
  end
end
return claims
