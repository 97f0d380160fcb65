-- The second half of a claim: gives a fence and a lease to what lies in this worker's own processing list, then takes
-- more from the queue. It may run again at any time: what was adopted, but is not in hand since the reply was lost, is
-- answered again with the fence that it has.
-- ARGV: worker, session, leaseMs, max, take ('1': also from the queue), then id and fence of each claim in hand.
-- Answers id, payload, fence, attempt, version, enqueuedAtMs, trace of each claim, in one flat list.
local worker, session, leaseMs, max = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local inHand = {}
for i = 6, #ARGV, 2 do inHand[ARGV[i]] = ARGV[i + 1] end
local mine = prefix .. 'processing:' .. worker
local at = now()
local startedAt, leaseUntil = text(at), text(at + leaseMs)
local claims, count = {}, 0
redis.call('ZADD', prefix .. 'workers', at + leaseMs, worker)

local function deliver(id, payload, fence, attempt, version, enqueuedAtMs, trace)
  redis.call('ZADD', prefix .. 'leases', leaseUntil, id)
  local n = count * 7
  claims[n + 1], claims[n + 2], claims[n + 3], claims[n + 4], claims[n + 5], claims[n + 6], claims[n + 7] =
    id, payload, fence, attempt, version, enqueuedAtMs, trace or ''
  count = count + 1
end

local function adopt(id)
  local state, payload, fence, attempts, version, owner, ownerSession, enqueuedAtMs, trace = unpack(redis.call('HMGET',
    job(id), 'state', 'payload', 'fence', 'attempts', 'version', 'owner', 'session', 'enqueuedAtMs', 'trace'))
  if state == 'queued' then
    fence, attempts, version = text(fence + 1), text(attempts + 1), text(version + 1)
    redis.call('HSET', job(id), 'state', 'running', 'fence', fence, 'attempts', attempts, 'version', version,
      'owner', worker, 'session', session, 'startedAtMs', startedAt)
    deliver(id, payload, fence, attempts, version, enqueuedAtMs, trace)
  elseif state == 'running' and owner == worker then
    -- Of another session: held by a dead process of the same name. Its lease runs out like any other, so that the
    -- attempt counts; a job that kills its worker would else be handed out for ever.
    if ownerSession == session and inHand[id] ~= fence then
      deliver(id, payload, fence, attempts, version, enqueuedAtMs, trace)
    end
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
