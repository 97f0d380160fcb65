-- Records a result. ARGV: id, fence, result, retentionMs. Answers {'acked' | 'already', version} | {'stale'}.
local id, fence, result, retentionMs = unpack(ARGV)
local state, jobFence, version = unpack(redis.call('HMGET', job(id), 'state', 'fence', 'version'))
if jobFence ~= fence then return { 'stale' } end
if state == 'done' then return { 'already', tonumber(version) } end
if state ~= 'running' then return { 'stale' } end
redis.call('HSET', job(id), 'state', 'done', 'result', result, 'finishedAtMs', now())
redis.call('PEXPIRE', job(id), retentionMs)
redis.call('DECR', prefix .. 'running')
redis.call('INCR', prefix .. 'done')
return { 'acked', redis.call('HINCRBY', job(id), 'version', 1) }
