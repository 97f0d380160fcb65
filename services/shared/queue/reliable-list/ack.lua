-- Records a result, once. `ackedFence` remembers whose, so that a repeated ack is known as such.
-- ARGV: id, fence, worker, result, retentionMs, fenced ('0': anyone may record, at any time; a control).
-- Answers {'acked' | 'already', version} | {'stale'}.
local id, fence, worker, result, retentionMs, fenced = unpack(ARGV)
local state, jobFence, owner, version, ackedFence =
  unpack(redis.call('HMGET', job(id), 'state', 'fence', 'owner', 'version', 'ackedFence'))
if not state then return { 'stale' } end
if state == 'done' and ackedFence == fence then return { 'already', tonumber(version) } end
if fenced ~= '0' and not (state == 'running' and jobFence == fence and owner == worker) then return { 'stale' } end

local at = now()
redis.call('HSET', job(id), 'state', 'done', 'result', result, 'finishedAtMs', at, 'ackedFence', fence)
redis.call('PEXPIRE', job(id), retentionMs)
if state ~= 'done' then redis.call('INCR', prefix .. 'done') end
redis.call('ZREM', prefix .. 'leases', id)
if owner then redis.call('LREM', prefix .. 'processing:' .. owner, 0, id) end
-- Only without the fence can these two be so.
if state == 'queued' then redis.call('LREM', prefix .. 'queued', 0, id) end
if state == 'dead' then redis.call('ZREM', prefix .. 'dead', id) end
return { 'acked', redis.call('HINCRBY', job(id), 'version', 1) }
