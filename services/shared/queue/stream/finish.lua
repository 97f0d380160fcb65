-- Records results, once each, and finishes their entries. The fence of a claim is the one after the record's; whoever takes a
-- job from its worker raises the record's by two, so a late ack is refused, and a repeated one is known.
-- ARGV: worker, retentionMs, fenced ('0': a plain XACK, which asks nobody whose the entry is; a control), then id, fence,
-- startedAtMs, result of each. Answers, in one flat list, for each: 'acked' | 'already' | 'stale', version.
local worker, retentionMs, fenced = ARGV[1], ARGV[2], ARGV[3]
local at = text(now())
local finished, done = {}, 0

local function ack(id, fence, startedAtMs, result)
  local key = job(id)
  local state, jobFence, version, entry = unpack(redis.call('HMGET', key, 'state', 'fence', 'version', 'entry'))
  if not state then return 'stale', '0' end
  local current = jobFence + 1 == tonumber(fence)
  if state == 'done' and current then return 'already', text(version + 2) end
  if fenced ~= '0' and not (state == 'queued' and current) then return 'stale', '0' end

  redis.call('HSET', key, 'state', 'done', 'result', result, 'run', worker .. ' ' .. startedAtMs .. ' ' .. at)
  redis.call('PEXPIRE', key, retentionMs)
  finished[#finished + 1] = entry
  if state ~= 'done' then done = done + 1 end
  -- Only without the fence can this be so.
  if state == 'dead' then redis.call('ZREM', prefix .. 'dead', id) end
  return 'acked', text(version + 2)
end

local answers, n = {}, 0
for i = 4, #ARGV, 4 do
  answers[n + 1], answers[n + 2] = ack(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  n = n + 2
end
if #finished > 0 then finish(finished) end
if done > 0 then redis.call('INCRBY', prefix .. 'done', done) end
return answers
