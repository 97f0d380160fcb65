-- Renews the leases of the claims in hand and says that the worker lives.
-- ARGV: worker, leaseMs, then id and fence of each claim in hand. Answers the ids that are no longer this worker's.
local worker, leaseMs = ARGV[1], tonumber(ARGV[2])
local at = now()
local lost = {}
redis.call('ZADD', prefix .. 'workers', at + leaseMs, worker)
for i = 3, #ARGV, 2 do
  local id, fence = ARGV[i], ARGV[i + 1]
  local state, jobFence, owner, ackedFence =
    unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'ackedFence'))
  if state == 'running' and jobFence == fence and owner == worker then
    redis.call('ZADD', prefix .. 'leases', at + leaseMs, id)
  elseif not (state == 'done' and ackedFence == fence) then
    -- (Done by this very claim: its ack is on the way back. That is not lost.)
    lost[#lost + 1] = id
  end
end
return lost
