-- Answers {queued, running, done, dead}. What was popped and is not adopted yet counts as queued, so that a job is
-- never in none of them.
local popped = -redis.call('ZCARD', prefix .. 'leases')
for _, worker in ipairs(redis.call('ZRANGE', prefix .. 'workers', 0, -1)) do
  popped = popped + redis.call('LLEN', prefix .. 'processing:' .. worker)
end
return {
  redis.call('LLEN', prefix .. 'queued') + math.max(popped, 0),
  redis.call('ZCARD', prefix .. 'leases'),
  tonumber(redis.call('GET', prefix .. 'done') or 0),
  redis.call('ZCARD', prefix .. 'dead'),
}
