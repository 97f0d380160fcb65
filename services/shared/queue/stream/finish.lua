-- Records results, once each, and finishes their entries. Every claim has a fence of its own, so the fence says whose the
-- job is, and of a job that is done, whose its result is: a repeated ack is known as such.
-- ARGV: retentionMs, fenced ('0': a plain XACK, which asks nobody whose the entry is; a control), then id, fence, result
-- of each. Answers, in one flat list, for each: 'acked' | 'already' | 'stale', version.
local retentionMs, fenced = ARGV[1], ARGV[2]
local at = text(now())
local finished, done = {}, 0

local function ack(id, fence, result)
  local state, jobFence, version, entry = unpack(redis.call('HMGET', job(id), 'state', 'fence', 'version', 'entry'))
  if not state then return 'stale', '0' end
  if state == 'done' and jobFence == fence then return 'already', version end
  if fenced ~= '0' and not (state == 'running' and jobFence == fence) then return 'stale', '0' end

  version = text(version + 1)
  redis.call('HSET', job(id), 'state', 'done', 'result', result, 'finishedAtMs', at, 'version', version)
  redis.call('PEXPIRE', job(id), retentionMs)
  if entry then finished[#finished + 1] = entry end
  if state ~= 'done' then done = done + 1 end
  -- Only without the fence can this be so.
  if state == 'dead' then redis.call('ZREM', prefix .. 'dead', id) end
  return 'acked', version
end

local answers, n = {}, 0
for i = 3, #ARGV, 3 do
  answers[n + 1], answers[n + 2] = ack(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  n = n + 2
end
if #finished > 0 then finish(finished) end
if done > 0 then redis.call('INCRBY', prefix .. 'done', done) end
return answers
