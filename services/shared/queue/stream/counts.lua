-- Answers {queued, running, done, dead}.
local pending, returned = pendingCounts()
return {
  waiting(),
  pending - returned,
  tonumber(redis.call('GET', prefix .. 'done') or 0),
  redis.call('ZCARD', prefix .. 'dead'),
}
