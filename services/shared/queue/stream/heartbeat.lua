-- Renews the leases of the claims in hand: the idle time of their entries starts again.
-- ARGV: worker, then id and fence of each claim in hand.
-- Answers {ids that are no longer this worker's, entries that were trimmed while their jobs run here}.
local worker = ARGV[1]
local lost, entries = {}, {}
for i = 2, #ARGV, 2 do
  local id, fence = ARGV[i], ARGV[i + 1]
  local state, jobFence, entry = unpack(redis.call('HMGET', job(id), 'state', 'fence', 'entry'))
  if state == 'queued' and jobFence + 1 == tonumber(fence) then
    entries[#entries + 1] = entry
  elseif not (state == 'done' and jobFence == fence) then
    -- (Done by this very claim: its ack is on the way back. That is not lost.)
    lost[#lost + 1] = id
  end
end

local trimmed = {}
for from = 1, #entries, 1000 do
  local some = { unpack(entries, from, math.min(from + 999, #entries)) }
  local command = { 'XCLAIM', stream, group, worker, 0, unpack(some) }
  command[#command + 1] = 'JUSTID'
  local there = {}
  for _, entry in ipairs(redis.call(unpack(command))) do there[entry] = true end
  for _, entry in ipairs(some) do
    if not there[entry] then trimmed[#trimmed + 1] = entry end
  end
end
return { lost, trimmed }
