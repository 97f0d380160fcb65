local function waiting() return redis.call('LLEN', prefix .. 'queued') end
local function push(id)
  redis.call('LPUSH', prefix .. 'queued', id)
  return {}
end
local function record(id) return redis.call('HGETALL', job(id)) end
