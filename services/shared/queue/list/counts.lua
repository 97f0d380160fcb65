-- Answers {queued, running, done, dead}. `running` is what was popped and not acked, the lost included: a naive queue
-- cannot tell the two apart.
return {
  redis.call('LLEN', prefix .. 'queued'),
  tonumber(redis.call('GET', prefix .. 'running') or 0),
  tonumber(redis.call('GET', prefix .. 'done') or 0),
  0,
}
