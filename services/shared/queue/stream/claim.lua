-- A claim, whole: takes entries and answers their jobs, each with a fence of its own. What went back to nobody comes first,
-- the oldest before the others; then what is new.
-- ARGV: worker, max, recover ('1': the reply of an earlier claim may have been lost, so also what this worker holds and
-- does not know of), then, to recover, the ids of the claims in hand.
-- Answers {claims: id, payload, fence, attempt, version, enqueuedAtMs, trace of each in one flat list, last id of the stream,
-- last of the bell}.
local worker, max, recover = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local claims, count = {}, 0

local function deliver(entry, id)
  local state, payload, fence, attempts, version, enqueuedAtMs, trace = unpack(redis.call('HMGET', job(id),
    'state', 'payload', 'fence', 'attempts', 'version', 'enqueuedAtMs', 'trace'))
  if state ~= 'queued' then return finish({ entry }) end
  local n = count * 7
  claims[n + 1], claims[n + 2], claims[n + 3], claims[n + 4], claims[n + 5], claims[n + 6], claims[n + 7] =
    id, payload, text(fence + 1), text(attempts + 1), text(version + 1), enqueuedAtMs, trace or ''
  count = count + 1
end

-- At most `most` entries; of trimmed ones only the ids are left.
local function read(consumer, from, most)
  local command = { 'XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', stream, from }
  local reply = redis.pcall(unpack(command))
  if reply and reply.err then
    -- The first claim of all, or a Redis that forgot everything.
    redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
    reply = redis.call(unpack(command))
  end
  return reply and reply[1][2] or {}
end

if recover then
  local inHand = {}
  for i = 4, #ARGV do inHand[ARGV[i]] = true end
  for _, entry in ipairs(read(worker, '0', 10000)) do
    local id = entry[2] and entry[2][2]
    if count < max and id and not inHand[id] then deliver(entry[1], id) end
  end
end

if count < max then
  local returned = {}
  for _, entry in ipairs(read(nobody, '0', max - count)) do
    if entry[2] then returned[#returned + 1] = entry end
  end
  for _, entry in ipairs(returned) do
    redis.call('XCLAIM', stream, group, worker, 0, entry[1], 'JUSTID')
    deliver(entry[1], entry[2][2])
  end
end

if count < max then
  for _, entry in ipairs(read(worker, '>', max - count)) do deliver(entry[1], entry[2][2]) end
end

local function last(key)
  local entries = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  return entries[1] and entries[1][1] or '0-0'
end
return { claims, last(stream), last(prefix .. 'bell') }
