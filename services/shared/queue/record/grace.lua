-- After a restart of Redis that took longer than a lease, every lease has run out, whoever lives. One lease of grace
-- lets the living renew theirs. (A prefix that never saw a reap has nobody to spare.)
local function inGrace(at, leaseMs)
  local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local knownRunId = redis.call('GET', prefix .. 'run-id')
  if knownRunId ~= runId then
    redis.call('SET', prefix .. 'run-id', runId)
    if knownRunId then redis.call('SET', prefix .. 'grace', at + leaseMs, 'PX', leaseMs + 1000) end
  end
  return tonumber(redis.call('GET', prefix .. 'grace') or 0) > at
end
