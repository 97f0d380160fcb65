-- Comes before each script of `stream`. An entry stays in the stream until its job is finished, so what waits is what
-- nobody holds: not yet delivered, or pending by nobody (the consumer named -).
local stream, group, nobody = prefix .. 'stream', 'workers', '-'

-- How many entries are pending, by anyone, and by nobody.
local function pendingCounts()
  local summary = redis.pcall('XPENDING', stream, group)
  if summary.err then return 0, 0 end
  for _, of in ipairs(summary[4] or {}) do
    if of[1] == nobody then return summary[1], tonumber(of[2]) end
  end
  return summary[1], 0
end

local function waiting()
  local pending, returned = pendingCounts()
  return redis.call('XLEN', stream) - pending + returned
end

local function push(id) redis.call('XADD', stream, '*', 'id', id) end

-- Wakes the workers that wait for something new: what goes back to nobody is not new in the stream.
local function ring() redis.call('XADD', prefix .. 'bell', 'MAXLEN', 1, '*', 'ring', 1) end
