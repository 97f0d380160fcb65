-- The second half of a claim: gives a fence and a lease to what lies in this worker's own processing list, then takes
-- more from the queue. It may run again at any time: what was adopted, but is not in hand since the reply was lost, is
-- answered again with the fence that it has.
-- ARGV: worker, session, leaseMs, max, take ('1': also from the queue), then id and fence of each claim in hand.
-- Answers id, payload, fence, attempt, version of each claim, in one flat list.
local worker, session, leaseMs, max = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local inHand = {}
for i = 6, #ARGV, 2 do inHand[ARGV[i]] = ARGV[i + 1] end
local mine = prefix .. 'processing:' .. worker
local at = now()
local claims, count = {}, 0
redis.call('ZADD', prefix .. 'workers', at + leaseMs, worker)

local function deliver(id)
  local fields = redis.call('HMGET', job(id), 'payload', 'fence', 'attempts', 'version')
  redis.call('ZADD', prefix .. 'leases', at + leaseMs, id)
  count = count + 1
  claims[#claims + 1] = id
  for i = 1, 4 do claims[#claims + 1] = fields[i] end
end

local function adopt(id)
  local state, fence, owner, ownerSession =
    unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'session'))
  if state == 'queued' then
    redis.call('HINCRBY', job(id), 'fence', 1)
    redis.call('HINCRBY', job(id), 'attempts', 1)
    redis.call('HINCRBY', job(id), 'version', 1)
    redis.call('HSET', job(id), 'state', 'running', 'owner', worker, 'session', session, 'startedAtMs', at)
    deliver(id)
  elseif state == 'running' and owner == worker then
    -- Of another session: held by a dead process of the same name. Its lease runs out like any other, so that the
    -- attempt counts; a job that kills its worker would else be handed out for ever.
    if ownerSession == session and inHand[id] ~= fence then deliver(id) end
  else
    redis.call('LREM', mine, 0, id)
  end
end

local own = redis.call('LRANGE', mine, 0, -1)
for i = #own, 1, -1 do
  if count >= max then break end
  adopt(own[i])
end
while ARGV[5] == '1' and count < max do
  local id = redis.call('LMOVE', prefix .. 'queued', mine, 'RIGHT', 'LEFT')
  if not id then break end
  adopt(id)
end
return claims
