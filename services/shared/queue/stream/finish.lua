-- Records results, once each, and finishes their entries. `ackedFence` remembers whose result it was, so
-- that a repeated ack is known as such.
-- ARGV: worker, retentionMs, fenced ('0': a plain XACK, which asks nobody whose the entry is; a control), then id, fence,
-- result of each. Answers, for each: {'acked' | 'already', version} | {'stale'}.
local worker, retentionMs, fenced = ARGV[1], ARGV[2], ARGV[3]
local at = text(now())
local finished, done = {}, 0

local function ack(id, fence, result)
  local state, jobFence, owner, version, ackedFence, entry =
    unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'version', 'ackedFence', 'entry'))
  if not state then return { 'stale' } end
  if state == 'done' and ackedFence == fence then return { 'already', tonumber(version) } end
  if fenced ~= '0' and not (state == 'running' and jobFence == fence and owner == worker) then return { 'stale' } end

  version = text(version + 1)
  redis.call('HSET', job(id), 'state', 'done', 'result', result, 'finishedAtMs', at, 'ackedFence', fence,
    'version', version)
  redis.call('PEXPIRE', job(id), retentionMs)
  if entry then finished[#finished + 1] = entry end
  if state ~= 'done' then done = done + 1 end
  -- Only without the fence can this be so.
  if state == 'dead' then redis.call('ZREM', prefix .. 'dead', id) end
  return { 'acked', version }
end

local answers = {}
for i = 4, #ARGV, 3 do answers[#answers + 1] = ack(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
if #finished > 0 then finish(finished) end
if done > 0 then redis.call('INCRBY', prefix .. 'done', done) end
return answers
