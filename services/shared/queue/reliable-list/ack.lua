-- Records results, once each. `ackedFence` remembers whose, so that a repeated ack is known as such.
-- ARGV: worker, retentionMs, fenced ('0': anyone may record, at any time; a control), then id, fence, result of each.
-- Answers, in one flat list, for each: 'acked' | 'already' | 'stale', version.
local worker, retentionMs, fenced = ARGV[1], ARGV[2], ARGV[3]
local at = text(now())

local function ack(id, fence, result)
  local state, jobFence, owner, version, ackedFence =
    unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'version', 'ackedFence'))
  if not state then return 'stale', '0' end
  if state == 'done' and ackedFence == fence then return 'already', version end
  if fenced ~= '0' and not (state == 'running' and jobFence == fence and owner == worker) then return 'stale', '0' end

  version = text(version + 1)
  redis.call('HSET', job(id), 'state', 'done', 'result', result, 'finishedAtMs', at, 'ackedFence', fence,
    'version', version)
  redis.call('PEXPIRE', job(id), retentionMs)
  if state ~= 'done' then redis.call('INCR', prefix .. 'done') end
  redis.call('ZREM', prefix .. 'leases', id)
  if owner then redis.call('LREM', prefix .. 'processing:' .. owner, -1, id) end
  -- Only without the fence can these two be so.
  if state == 'queued' then redis.call('LREM', prefix .. 'queued', 0, id) end
  if state == 'dead' then redis.call('ZREM', prefix .. 'dead', id) end
  return 'acked', version
end

local answers, n = {}, 0
for i = 4, #ARGV, 3 do
  answers[n + 1], answers[n + 2] = ack(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  n = n + 2
end
return answers
