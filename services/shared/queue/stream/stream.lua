-- Comes before each script of `stream`. What waits is what nobody holds: not yet delivered (the group's lag), or pending
-- by nobody (the consumer named -). Finished entries stay until all before them are finished too; then they are trimmed.
local stream, group, nobody = prefix .. 'stream', 'workers', '-'

-- A map of what XINFO answers as a flat list.
local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- How many entries were never delivered, how many are pending by anyone, and how many of those by nobody.
local function countEntries()
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err or not groups[1] then return redis.call('XLEN', stream), 0, 0 end
  local of = fields(groups[1])
  local returned = 0
  for _, holder in ipairs(redis.call('XPENDING', stream, group)[4] or {}) do
    if holder[1] == nobody then returned = tonumber(holder[2]) end
  end
  return of.lag or 0, of.pending, returned
end

local function waiting()
  local unread, _, returned = countEntries()
  return unread + returned
end

local function push(id) return { 'entry', redis.call('XADD', stream, '*', 'id', id) } end

-- Wakes the workers that wait for something new: what goes back to nobody is not new in the stream.
local function ring() redis.call('XADD', prefix .. 'bell', 'MAXLEN', 1, '*', 'ring', 1) end

-- These entries are pending no longer; what is behind everything that is pending or unread leaves the stream.
local function finish(entries)
  redis.call('XACK', stream, group, unpack(entries))
  local oldest = redis.call('XPENDING', stream, group)[2]
  if oldest then redis.call('XTRIM', stream, 'MINID', '~', oldest, 'LIMIT', 0) end
end

-- All fields of a job, flat. A claim writes nothing: whoever the entry of an unfinished job is pending for runs it, with the
-- fence, the attempt and the version after those of the record. They are written when the job changes hands or is finished.
local function record(id)
  local flat = redis.call('HGETALL', job(id))
  local of = fields(flat)
  if of.state ~= 'queued' then return flat end
  local pending = redis.pcall('XPENDING', stream, group, of.entry, of.entry, 1)
  local holder = not pending.err and pending[1] and pending[1][2]
  if not holder or holder == nobody then return flat end
  of.state, of.owner = 'running', holder
  for _, name in ipairs({ 'fence', 'attempts', 'version' }) do of[name] = text(of[name] + 1) end
  local running = {}
  for name, value in pairs(of) do
    running[#running + 1] = name
    running[#running + 1] = value
  end
  return running
end
