-- Answers {queued, running, done, dead}.
local unread, pending, returned = countEntries()
return {
  unread + returned,
  pending - returned,
  tonumber(redis.call('GET', prefix .. 'done') or 0),
  redis.call('ZCARD', prefix .. 'dead'),
}
