-- Answers when the job that waits longest was enqueued, in ms since 1970, or false.
local id = redis.call('LINDEX', prefix .. 'queued', -1)
return id and tonumber(redis.call('HGET', job(id), 'enqueuedAtMs')) or false
