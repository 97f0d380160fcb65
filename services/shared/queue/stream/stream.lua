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

-- All fields of a job, flat. Claims and results write as little as they can: whoever the entry of an unfinished job is pending
-- for runs it; the fence, the attempt and the version of a delivery are those after the record's, and they are written only
-- when the job changes hands. `run` is '<owner> <startedAtMs> <finishedAtMs>' of a job that is done.
local function record(id)
  local of = fields(redis.call('HGETALL', job(id)))
  local versions = 0
  if of.state == 'queued' then
    local pending = redis.pcall('XPENDING', stream, group, of.entry, of.entry, 1)
    local holder = not pending.err and pending[1] and pending[1][2]
    if holder and holder ~= nobody then
      of.state, of.owner, versions = 'running', holder, 1
    end
  elseif of.state == 'done' then
    of.owner, of.startedAtMs, of.finishedAtMs = string.match(of.run, '^(.*) (%d+) (%d+)$')
    of.run, versions = nil, 2
  end
  if versions > 0 then
    of.fence, of.attempts, of.version = text(of.fence + 1), text(of.attempts + 1), text(of.version + versions)
  end
  local flat = {}
  for name, value in pairs(of) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  return flat
end
